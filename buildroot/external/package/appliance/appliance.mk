################################################################################
#
# appliance
#
################################################################################

APPLIANCE_VERSION = 0.1.0
APPLIANCE_SITE = $(BR2_EXTERNAL_APPLIANCE_PATH)/../..
APPLIANCE_SITE_METHOD = local
APPLIANCE_LICENSE = Apache-2.0
APPLIANCE_LICENSE_FILES = LICENSE NOTICE
APPLIANCE_DEPENDENCIES = mosquitto python3
# a checkout's own environment and data are not part of the program
APPLIANCE_OVERRIDE_SRCDIR_RSYNC_EXCLUSIONS = --exclude /.venv --exclude /data

APPLIANCE_VENV = $(TARGET_DIR)/usr/lib/appliance/venv
APPLIANCE_SITE_PACKAGES = $(APPLIANCE_VENV)/lib/python$(PYTHON3_VERSION_MAJOR)/site-packages

# A wheel is a zip laid over site-packages; no code of the target runs here.
define APPLIANCE_INSTALL_TARGET_CMDS
	mkdir -p $(APPLIANCE_SITE_PACKAGES) $(APPLIANCE_VENV)/bin
	for wheel in $(call qstrip,$(BR2_PACKAGE_APPLIANCE_WHEELS))/*.whl; do \
		unzip -q -o "$$wheel" -d $(APPLIANCE_SITE_PACKAGES) || exit 1; \
	done
	cp -a $(@D)/appliance $(APPLIANCE_SITE_PACKAGES)/
	ln -sf /usr/bin/python3 $(APPLIANCE_VENV)/bin/python
	printf 'home = /usr/bin\ninclude-system-site-packages = false\n' \
		>$(APPLIANCE_VENV)/pyvenv.cfg
	$(HOST_DIR)/bin/python3 -m compileall -q -s $(TARGET_DIR) $(APPLIANCE_SITE_PACKAGES)
	cp -a $(@D)/rootfs-overlay/. $(TARGET_DIR)/
endef

define APPLIANCE_INSTALL_INIT_SYSTEMD
	for unit in $(@D)/systemd/*; do \
		$(INSTALL) -D -m 0644 "$$unit" \
			$(TARGET_DIR)/usr/lib/systemd/system/$$(basename "$$unit") || exit 1; \
	done
endef

$(eval $(generic-package))
