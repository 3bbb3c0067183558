"""Calibration: an external script finds the name behind an info hash; slow, five at a time, never longer than 30 seconds."""

from .manager import AsyncCalibrationManager, get_async_calibration_manager

__all__ = ["AsyncCalibrationManager", "get_async_calibration_manager"]
