#!/bin/sh
exec /opt/Farport/bin/farport "$@"
