module barehull.test/openvex

go 1.19

require github.com/openvex/go-vex v0.2.5

require (
	github.com/kr/text v0.2.0 // indirect
	github.com/package-url/packageurl-go v0.1.1 // indirect
	github.com/sirupsen/logrus v1.9.3 // indirect
	golang.org/x/sys v0.8.0 // indirect
	gopkg.in/yaml.v3 v3.0.1 // indirect
)
