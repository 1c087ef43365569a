// Package report counts what passed and what didn't, and says so in the words of the project's other test programs.
package report

import (
	"fmt"
	"os"
	"sync"
)

var (
	lock           sync.Mutex
	passed, failed int
)

// Check counts one statement that must hold. The name of each is printed, with the reason if it doesn't.
func Check(name string, err error) {
	lock.Lock()
	defer lock.Unlock()
	if err == nil {
		passed++
		fmt.Printf("ok    %s\n", name)
		return
	}
	failed++
	fmt.Printf("FAIL  %s: %v\n", name, err)
}

// Close prints the totals and ends the process: 1 if anything failed, or if nothing was tried.
func Close() {
	lock.Lock()
	defer lock.Unlock()
	fmt.Printf("%d passed, %d failed\n", passed, failed)
	if failed > 0 || passed == 0 {
		os.Exit(1)
	}
	os.Exit(0)
}
