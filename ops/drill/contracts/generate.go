package contracts

//go:generate node build.mjs
