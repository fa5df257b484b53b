"""Promises of the notebook image, asked of a container that runs as a workspace does."""

import json

import pytest

from images.manifest import ImageInfo

from .conftest import PREFIX, Running
