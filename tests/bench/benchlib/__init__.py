# SPDX-License-Identifier: BSD-2-Clause
"""The parts of `make bench`: what it starts, what it measures, how it prints."""
