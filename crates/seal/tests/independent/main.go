// Seals and opens values with the controller's own package: what the tests of pintle-seal are measured by.
//
//	go run . seal KEY VALUE LABEL...   prints a line "LABEL SEALED" for each label
//	go run . open KEY < LINES          prints a line "LABEL VALUE" for each line, or "LABEL error"
package main

import (
	"bufio"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/bitnami-labs/sealed-secrets/pkg/crypto"
)

func key(file string) *rsa.PrivateKey {
	text, err := os.ReadFile(file)
	if err != nil {
		log.Fatal(err)
	}
	block, _ := pem.Decode(text)
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		log.Fatal(err)
	}
	return parsed.(*rsa.PrivateKey)
}

func main() {
	key := key(os.Args[2])
	switch os.Args[1] {
	case "seal":
		for _, label := range os.Args[4:] {
			sealed, err := crypto.HybridEncrypt(rand.Reader, &key.PublicKey, []byte(os.Args[3]), []byte(label))
			if err != nil {
				log.Fatal(err)
			}
			fmt.Println(label, base64.StdEncoding.EncodeToString(sealed))
		}
	case "open":
		lines := bufio.NewScanner(os.Stdin)
		for lines.Scan() {
			label, text, _ := strings.Cut(lines.Text(), " ")
			sealed, _ := base64.StdEncoding.DecodeString(text)
			value, err := crypto.HybridDecrypt(rand.Reader, map[string]*rsa.PrivateKey{"": key}, sealed, []byte(label))
			if err != nil {
				fmt.Println(label, "error")
				continue
			}
			fmt.Println(label, string(value))
		}
	}
}
