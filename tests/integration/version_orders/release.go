//go:build go1.22

package main

import "go/version"

func init() { orders["release"] = order{version.IsValid, version.Compare} }
