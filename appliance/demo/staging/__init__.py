"""Staged scenes: what a camera at a house would send, drawn with the truth about it.

Everything follows from a seed, so anyone can make the same hours of video. The ground and the walls
are photographs; people, vehicles and things are drawn over them.
"""
