"""What a WSGI server runs: the application, from the environment's settings."""

import os

import config
from app import create_app

app = create_app(config.load(os.environ))
