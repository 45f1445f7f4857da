// Prints, as JSON, what OpenVEX's own Go library reads in a document: of each statement the vulnerability, and what the
// library says of the document's product and that statement's part. Arguments: the document.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/openvex/go-vex/pkg/vex"
)

func main() {
	document, err := vex.Open(os.Args[1])
	if err != nil {
		fail(err)
	}
	said := map[string]string{}
	for _, statement := range document.Statements {
		if err := statement.Validate(); err != nil {
			fail(err)
		}
		name := string(statement.Vulnerability.Name)
		for _, product := range statement.Products {
			for _, part := range product.Subcomponents {
				for _, found := range document.Matches(name, product.ID, []string{part.ID}) {
					said[name] = string(found.Status)
				}
			}
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(said); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
