cat rootfs/etc.txt
