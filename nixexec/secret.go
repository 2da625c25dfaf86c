package nixexec

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// Secret is a text, such as a password, that is fed to a program and otherwise stays where it is: however a Secret is
// printed, logged or marshalled, alone or inside something else, it shows as "(secret)", or as an address at most.
// Only this package can read the text. The zero Secret is empty.
type Secret struct {
	// text is behind a function because fmt calls no method of an unexported field: it looks into it by reflection,
	// where a function is an address. nil: there is no text.
	text func() string
}

// hidden is what a Secret shows of itself.
const hidden = "(secret)"

// NewSecret returns text as a secret.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{text: func() string { return text }}
}

// Empty reports whether there is no text.
func (s Secret) Empty() bool { return s.text == nil }

// OneLine reports whether the secret can be fed to a program as one line: it holds no newline, no carriage return and
// no NUL. What follows a newline in it would be read as something else.
func (s Secret) OneLine() bool { return !strings.ContainsAny(s.reveal(), "\n\r\x00") }

// Size is how many bytes the text has.
func (s Secret) Size() int { return len(s.reveal()) }

// Base64 is the text in base64, in one line: a secret as well.
func (s Secret) Base64() Secret {
	return NewSecret(base64.StdEncoding.EncodeToString([]byte(s.reveal())))
}

// Digest is the SHA-256, in hexadecimal, of a salt with the text behind it. Whoever has the salt may try texts against
// it, so that it is a secret, too.
func (s Secret) Digest(salt string) Secret {
	sum := sha256.Sum256([]byte(salt + s.reveal()))
	return NewSecret(hex.EncodeToString(sum[:]))
}

// Then is the text with others behind it.
func (s Secret) Then(others ...Secret) Secret {
	var b strings.Builder
	b.WriteString(s.reveal())
	for _, other := range others {
		b.WriteString(other.reveal())
	}
	return NewSecret(b.String())
}

// reveal returns the text.
func (s Secret) reveal() string {
	if s.text == nil {
		return ""
	}
	return s.text()
}

// String returns "(secret)".
func (s Secret) String() string { return hidden }

// GoString returns "(secret)".
func (s Secret) GoString() string { return hidden }

// Format writes "(secret)", whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// MarshalText returns "(secret)".
func (s Secret) MarshalText() ([]byte, error) { return []byte(hidden), nil }

// MarshalJSON returns "(secret)", as a string of JSON.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

// LogValue returns "(secret)".
func (s Secret) LogValue() slog.Value { return slog.StringValue(hidden) }
