#!/bin/sh
# A machine with systemd for the tests of the installed service: namespaces and cgroups of its own, this machine's files below an
# overlay, and systemd as process 1. What it writes stays in FOLDER; whoever ends this process ends it.
#   boot-systemd.sh FOLDER CLONE GROUP
set -eu
folder=$1
clone=$2
group=$3

if [ "${4:-}" != inside ]; then
  # Each hierarchy that is here; the ones of cgroup v2 alone are one, without a name.
  for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/*; do
    [ -e "$hierarchy/cgroup.procs" ] && [ ! -L "$hierarchy" ] || continue
    mkdir -p "$hierarchy/$group"
    # Without these a group of cgroup v1 takes nobody.
    for set in cpuset.cpus cpuset.mems; do
      [ ! -e "$hierarchy/$set" ] || cat "$hierarchy/$set" >"$hierarchy/$group/$set"
    done
    echo $$ >"$hierarchy/$group/cgroup.procs"
    [ "$hierarchy" != /sys/fs/cgroup ] || break
  done
  # With whoever asked for it the machine ends, too.
  exec setpriv --pdeathsig KILL unshare --cgroup --mount --pid --uts --ipc --net --propagation private --fork --kill-child \
    sh "$0" "$folder" "$clone" "$group" inside
fi

root=$folder/root
mkdir -p "$root" "$folder/upper" "$folder/work" "$folder/state" "$folder/units" "$folder/none"
mount -t overlay overlay -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
for part in run tmp dev; do mount -t tmpfs -o mode=755 tmpfs "$root/$part"; done
chmod 1777 "$root/tmp"

mkdir "$root/dev/pts" "$root/dev/shm" "$root/dev/net"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
for device in null zero full random urandom tty; do
  touch "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done

# Flotilla's containers have overlays: the upper part of one cannot lie in another.
mkdir -p "$root/var/lib/flotilla" "$root$clone"
mount --bind "$folder/state" "$root/var/lib/flotilla"
mount --bind "$clone" "$root$clone"

# None of this machine's services, and nothing that would change the kernel for others.
mount --bind "$folder/units" "$root/etc/systemd/system"
mount --bind "$folder/none" "$root/usr/lib/systemd/system-generators"
for unit in systemd-sysctl.service systemd-binfmt.service systemd-modules-load.service systemd-remount-fs.service \
  systemd-tmpfiles-setup-dev.service systemd-logind.service getty.target proc-sys-fs-binfmt_misc.automount \
  sys-kernel-debug.mount sys-kernel-tracing.mount sys-fs-fuse-connections.mount sys-kernel-config.mount \
  dev-hugepages.mount dev-mqueue.mount; do
  ln -sf /dev/null "$root/etc/systemd/system/$unit"
done

if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
else
  mount -t tmpfs -o mode=755 tmpfs "$root/sys/fs/cgroup"
  for hierarchy in /sys/fs/cgroup/*; do
    [ -e "$hierarchy/cgroup.procs" ] && [ ! -L "$hierarchy" ] || continue
    name=${hierarchy##*/}
    mkdir "$root/sys/fs/cgroup/$name"
    case $name in
      unified) mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup/$name" ;;
      systemd) mount -t cgroup -o none,name=systemd cgroup "$root/sys/fs/cgroup/$name" ;;
      *) mount -t cgroup -o "$name" cgroup "$root/sys/fs/cgroup/$name" ;;
    esac
  done
fi

ip link set lo up
exec env -i container=flotilla-test PATH="$PATH" chroot "$root" /usr/lib/systemd/systemd --system --log-target=journal
