@echo off
rem The command `farport`, by the app beside this folder.
"%~dp0..\Farport.exe" --cli -- %*
