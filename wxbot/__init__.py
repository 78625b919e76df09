"""The WeChat door: callbacks, conversation and the holders' H5 pages."""
