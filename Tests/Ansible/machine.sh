#!/bin/sh
# The first process of one machine of a fleet (fleet.py): makes its root and stays as its sshd.
#
# usage: machine.sh NAME LAYERS FOLDER SSHD     LAYERS, the uppermost first, below what the machine writes
set -eu
name=$1 layers=$2 folder=$3 sshd=$4

mount -t overlay overlay -o "lowerdir=$layers,upperdir=$folder/upper,workdir=$folder/work" "$folder/root"
cd "$folder/root"
mount -t proc proc proc
mount -t sysfs sysfs sys
mount --rbind /dev dev
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mkdir -p run/sshd srv/ftp
hostname "$name"
[ "$sshd" = yes ] || exec chroot . sleep infinity
exec chroot . /usr/sbin/sshd -D -E /run/sshd.log -f /etc/ssh/sshd_config
