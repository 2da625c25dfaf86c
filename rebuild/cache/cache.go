// Package cache keeps answers that never change, for one user, from run to run: it is never an error that one is not
// there. Whatever it cannot trust it does not see.
package cache

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"time"
)

// Bounds of a cache: of the length of one file, in bytes, and of how many answers it keeps.
const (
	entryLimit = 64 << 10
	mostKept   = 2000
)

// Cache is a directory of answers, each in a file named after its key. The zero value keeps nothing.
type Cache struct{ dir string }

// Find is the cache of the user: nixhop in $XDG_CACHE_HOME, else in ~/.cache. A path that is not absolute counts for
// none (XDG Base Directory Specification).
func Find(env func(string) string) Cache {
	base := env("XDG_CACHE_HOME")
	if !filepath.IsAbs(base) {
		if !filepath.IsAbs(env("HOME")) {
			return Cache{}
		}
		base = filepath.Join(env("HOME"), ".cache")
	}
	return Cache{dir: filepath.Join(base, "nixhop")}
}

// entry is what a file holds. The key stands in it in full: what is no answer to it is none.
type entry struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// name is the file of a key.
func name(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// Get returns what is kept under a key.
func (c Cache) Get(key string) (value string, ok bool) {
	dir, err := c.open(false)
	if err != nil {
		return "", false
	}
	defer dir.Close()
	text, used, err := read(dir, name(key))
	if err != nil {
		return "", false
	}
	var kept entry
	if json.Unmarshal(text, &kept) != nil || kept.Key != key {
		return "", false
	}
	if now := time.Now(); now.Sub(used) > time.Hour { // so that what is asked for stays
		_ = dir.Chtimes(name(key), now, now)
	}
	return kept.Value, true
}

// Put keeps a value under a key, and lets the oldest go where there are too many then. It does so wholly or not at all.
func (c Cache) Put(key, value string) {
	text, err := json.Marshal(entry{key, value})
	if err != nil || len(text) > entryLimit {
		return
	}
	dir, err := c.open(true)
	if err != nil {
		return
	}
	defer dir.Close()
	half := halfMark + rand.Text()
	err = write(dir, half, text)
	if err == nil {
		err = dir.Rename(half, name(key))
	}
	if err != nil {
		_ = dir.Remove(half)
	}
	sweep(dir)
}

// write makes a file of its own.
func write(dir *os.Root, name string, text []byte) error {
	file, err := dir.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(text)
	if closed := file.Close(); err == nil {
		err = closed
	}
	return err
}
