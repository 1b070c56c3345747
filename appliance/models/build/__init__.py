"""Making better model files from the published ones: ONNX to TensorFlow Lite, without TensorFlow.

onnx_reader (ONNX file -> Graph) -> folding (fewer nodes) -> lowering (NHWC operators) ->
tflite_writer
"""
