# The text of a service that runs a line of shell.
line: ''
  [Unit]
  Description=A service of the lab

  [Service]
  ExecStart=/bin/sh -c "${line}"
''
