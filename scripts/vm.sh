#!/usr/bin/env bash
# Run a command in a virtual machine with another Linux kernel, as its root, nothing else running:
#
#   apt-get install qemu-system-x86 busybox-static kmod cpio xz-utils zstd
#   apt-get download linux-image-6.1.0-56-amd64 && dpkg-deb -x linux-image-*.deb kernel
#   scripts/vm.sh kernel 'echo +memory +pids >/sys/fs/cgroup/cgroup.subtree_control
#                         python -m pytest -p no:cacheprovider -m toolchain tests/judge/test_memory.py'
#   CGROUP=none APPEND='sysctl.user.max_user_namespaces=0' scripts/vm.sh kernel 'sodakd judge --probe'
#
# The machine sees /usr, this checkout, .venv ($VENV), its Python and $SHARE, all read-only; the rest
# is in memory. A folder of a kernel holds boot/ and lib/modules/. CGROUP: v2, which is mounted where
# nothing is said, or none. APPEND: for the kernel's command line. ACCEL: kvm where there is one that
# works, else tcg: some twenty times slower, so choose few tests. Exit status: the command's.
set -euo pipefail
[ $# = 2 ] || { sed -n '2,14s/^# \?//p' "$0" >&2; exit 2; }
kernel="$(realpath "$1")"
here="$(cd "$(dirname "$0")/.." && pwd -P)"
venv="$(realpath "${VENV:-$here/.venv}")"
work="$(mktemp -d)"
trap 'rm -rf "$work" "$work.cpio"' EXIT
trap 'exit 1' INT TERM
mkdir -p "$work"/{bin,etc,modules}
version="$(basename "$kernel"/lib/modules/*)"

# Drivers, in the order in which they are loaded.
[ -e "$kernel/lib/modules/$version/modules.dep" ] || depmod -b "$kernel" "$version"
number=100
for name in virtio_pci 9pnet_virtio 9p; do
  while read -r _ file; do
    [ -e "$file" ] || continue
    number=$((number + 1))
    case "$file" in *.xz) xz -dc "$file" ;; *.zst) zstd -dcq "$file" ;; *) cat "$file" ;; esac >"$work/modules/$number.ko"
  done < <(modprobe -d "$kernel" -S "$version" --show-depends "$name")
done

# What is shared, each at its own path.
python="$(dirname "$(dirname "$(realpath "$venv/bin/python")")")"
shares=(/usr "$here" ${SHARE:-})
for place in "$venv" "$python" "$(realpath "$here/node_modules" 2>/dev/null)"; do
  [[ -z "$place" || "$place" == /usr* || "$place" == "$here"/* ]] || shares+=("$place")
done
devices=()
for at in "${!shares[@]}"; do
  devices+=(-virtfs "local,path=${shares[$at]},mount_tag=share$at,security_model=none,readonly=on,multidevs=remap")
done

cp "$(command -v busybox)" "$work/bin/busybox"
cp -a /etc/alternatives /etc/ld.so.cache "$work/etc/"
printf 'root:x:0:0::/root:/bin/sh\nuser:x:1000:1000::/tmp:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n' >"$work/etc/passwd"
printf 'root:x:0:\nuser:x:1000:\nnogroup:x:65534:\n' >"$work/etc/group"
printf '%s\n' "$2" >"$work/command"
cat >"$work/init" <<EOF
#!/bin/busybox sh
PATH=/bin; /bin/busybox --install /bin
for one in /modules/*.ko; do insmod \$one 2>/dev/null; done
mkdir /new && mount -t tmpfs -o mode=755 tmpfs /new && cd /new
mkdir -p proc sys dev tmp run root usr && chmod 1777 tmp && cp -a /etc /command . && cp /bin/busybox busybox
for name in bin sbin lib lib32 lib64 libx32; do ln -s usr/\$name \$name; done
at=0
for place in ${shares[@]}; do
  mkdir -p .\$place
  mount -t 9p -o ro,trans=virtio,version=9p2000.L,cache=loose,msize=262144 share\$at .\$place
  at=\$((at + 1))
done
mount -t proc proc proc; mount -t sysfs sysfs sys; mount -t devtmpfs dev dev
mkdir -p dev/shm && mount -t tmpfs -o mode=1777 tmpfs dev/shm; ip link set lo up
[ ${CGROUP:-v2} = none ] || mount -t cgroup2 cgroup2 sys/fs/cgroup
printf '%s\n' '#!/busybox sh' 'export PATH=$venv/bin:/usr/bin:/bin:/usr/sbin HOME=/root SODAKD_CACHE=/tmp/cache' \
  'export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$here/src:$here LANG=C.UTF-8' \
  'cd $here && /bin/sh /command; status=\$?; echo; echo "vm: ended with \$status"; /busybox poweroff -f' >start
chmod +x start
exec switch_root -c /dev/ttyS0 /new /start
EOF
chmod +x "$work/init"
(cd "$work" && find . | cpio -o -H newc --quiet | gzip -1) >"$work.cpio"

nice -n 10 qemu-system-x86_64 -accel "${ACCEL:-$([ -w /dev/kvm ] && echo kvm || echo tcg,thread=multi)}" -cpu "${CPU:-max}" \
  -smp 2 -m "${MEMORY:-4096}" -nographic -no-reboot -nic none "${devices[@]}" \
  -kernel "$kernel"/boot/vmlinuz-* -initrd "$work.cpio" \
  -append "console=ttyS0 quiet panic=-1 ${APPEND:-}" </dev/null | tee "$work/said" | sed -u "s/\r$//"
exit "$(sed -n 's/\r$//; s/^vm: ended with //p' "$work/said" | tail -1)"
