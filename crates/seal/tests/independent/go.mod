module independent

go 1.24

require github.com/bitnami-labs/sealed-secrets v0.27.1

require (
	golang.org/x/crypto v0.25.0 // indirect
	golang.org/x/sys v0.22.0 // indirect
)
