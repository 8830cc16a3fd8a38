# Stands for a migration: it fills the store of the cluster.
exec e2e-command seed seed/rows.txt
