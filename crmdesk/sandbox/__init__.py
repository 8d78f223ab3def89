"""Emulator core, written from vendor documents; knows neither our codecs nor our store."""
