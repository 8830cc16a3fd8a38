module world/suite

go 1.19
