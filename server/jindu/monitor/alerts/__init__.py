"""Alerts: rules over what is measured, and the ways on which people are told."""
