#!/bin/sh
# Who there is on a host: root, web and the group keys.
case $1,$2 in
passwd,root | passwd,web | group,root | group,web | group,keys) echo "$2:x:0:" ;;
*) exit 2 ;;
esac
