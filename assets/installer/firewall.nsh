; Other computers reach a Farport by its own port and by those of its shares: the firewall is told of the program, in private networks and
; domains. That needs an administrator; installed for one user alone, Windows asks at the first share.
!macro customInstall
  ${If} $installMode == "all"
    nsExec::Exec 'netsh advfirewall firewall delete rule name="Farport"'
    nsExec::Exec 'netsh advfirewall firewall add rule name="Farport" dir=in action=allow profile=private,domain program="$INSTDIR\Farport.exe" enable=yes'
  ${EndIf}
!macroend

!macro customUnInstall
  ${If} $installMode == "all"
    nsExec::Exec 'netsh advfirewall firewall delete rule name="Farport"'
  ${EndIf}
!macroend
