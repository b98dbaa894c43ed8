#!/bin/sh
# The command `farport`: link it to where commands are found, ln -s …/Farport.app/Contents/MacOS/farport-cli /usr/local/bin/farport
self=$0
while [ -L "$self" ]; do
  link=$(readlink "$self")
  case $link in /*) self=$link ;; *) self=$(dirname "$self")/$link ;; esac
done
exec "$(dirname "$self")/Farport" --cli -- "$@"
