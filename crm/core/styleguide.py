from flask import Flask


def register_styleguide(app: Flask) -> None:
    """nothing yet"""
