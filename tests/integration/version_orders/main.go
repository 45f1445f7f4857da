// Compares pairs of versions, one a line: "KIND A B" -> "VALID VALID ORDER", each 0 or 1, and -1, 0 or 1.
package main

import (
	"bufio"
	"fmt"
	"os"
	"strings"

	"golang.org/x/mod/semver"
)

type order struct {
	valid   func(string) bool
	compare func(a, b string) int
}

var orders = map[string]order{"module": {semver.IsValid, semver.Compare}}

func number(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		words := strings.Split(lines.Text(), " ")
		by, known := orders[words[0]]
		if !known {
			fmt.Println("unknown")
			continue
		}
		a, b := words[1], words[2]
		fmt.Println(number(by.valid(a)), number(by.valid(b)), by.compare(a, b))
	}
}
