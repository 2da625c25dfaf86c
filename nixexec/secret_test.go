package nixexec

import (
	"bytes"
	"context"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"reflect"
	"strings"
	"testing"
	"text/template"

	"github.com/charmbracelet/log"
)

// treasure is the secret of these tests: no shorter text would be found by chance.
const treasure = "correct-horse-battery-staple"

// shut are values that hold a secret in every way that a value can.
func shut() map[string]any {
	s := NewSecret(treasure)
	type exported struct{ Secret Secret }
	type unexported struct{ secret Secret }
	type pointer struct{ secret *Secret }
	type deep struct{ commands []Command }
	c := Command{Argv: []string{"sudo", "-S"}, Secret: s, Stdin: "id\n"}
	p := &s
	return map[string]any{
		"Secret": s, "*Secret": p, "**Secret": &p, "[]Secret": []Secret{s}, "any": []any{s}, "exported": exported{s},
		"unexported": unexported{s}, "*unexported": &unexported{s}, "pointer": pointer{p}, "Command": c, "*Command": &c,
		"[]Command": []Command{c}, "deep": deep{[]Command{c}}, "map": map[string]Command{"a": c},
		"map of secrets": map[string]Secret{"a": s}, "unexported in a map": map[string]unexported{"a": {s}},
		"method": s.String, "error": &InterruptedError{Err: secretError{s}},
	}
}

// secretError is an error that was made without care.
type secretError struct{ s Secret }

func (e secretError) Error() string {
	return fmt.Sprintf("%v %s %x %+v", e.s, e.s, e.s, struct{ s Secret }(e))
}

// unseen fails where text tells the secret, as it is or as hexadecimal, decimal or base64 digits.
func unseen(t *testing.T, how, text string) {
	t.Helper()
	decimal := strings.Trim(fmt.Sprint([]byte(treasure)), "[]")
	for _, form := range []string{treasure, fmt.Sprintf("%x", treasure), fmt.Sprintf("% x", treasure), decimal,
		strings.ReplaceAll(decimal, " ", ","), "Y29ycmVjdC1ob3JzZS1iYXR0ZXJ5LXN0YXBs"} {
		if strings.Contains(strings.ToLower(text), strings.ToLower(form)) {
			t.Errorf("%s tells the secret: %s", how, text)
		}
	}
}

// No verb of fmt gets a secret out.
func TestSecretIsNotFormatted(t *testing.T) {
	values := shut()
	values["reflect"] = reflect.ValueOf(struct{ s Secret }{NewSecret(treasure)}).Field(0)
	for name, value := range values {
		for _, flags := range []string{"", "+", "#", " ", "0", "-", "40", ".3", "+#40.9"} {
			for _, verb := range "vsqxXdoObcUeEfFgGtTpwzß" {
				format := "%" + flags + string(verb)
				unseen(t, name+" "+format, fmt.Sprintf(format, value))
				unseen(t, name+" "+format+" in an error", fmt.Errorf("a: "+format, value).Error())
			}
		}
		unseen(t, name+" printed", fmt.Sprintln(value, []any{value}))
	}
	for _, verb := range "vsqxd" {
		if got := fmt.Sprintf("%+"+string(verb), NewSecret(treasure)); got != hidden {
			t.Errorf("%%%c: %s", verb, got)
		}
	}
	if s := NewSecret(treasure); s.String() != hidden || s.GoString() != hidden {
		t.Error(s.String(), s.GoString())
	}
}

// Nor does one that wraps errors, at any depth.
func TestSecretIsNotInErrors(t *testing.T) {
	careless := secretError{NewSecret(treasure)}
	err := errors.Join(fmt.Errorf("asking: %w", careless), &stepLike{Err: careless})
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		unseen(t, format, fmt.Sprintf(format, err))
	}
	c := Command{Argv: []string{"nixexec-no-such-program"}, Secret: NewSecret(treasure)}
	for _, c := range []Command{c, {Argv: []string{"sh", "-c", "exit 3"}, Secret: c.Secret}, {Secret: c.Secret},
		{Argv: []string{"cat"}, Secret: NewSecret(treasure + "\n" + treasure)}} {
		err := Run(bounded(t), c, Stdio{})
		if err == nil {
			t.Errorf("no error from %v", c)
		}
		unseen(t, "Run", fmt.Sprintf("%v %+v %#v %q %x", err, err, err, err, err))
	}
}

type stepLike struct{ Err error }

func (e *stepLike) Error() string { return e.Err.Error() }

// Nor does a marshaller, a logger or a template.
func TestSecretIsNotMarshalled(t *testing.T) {
	for name, value := range shut() {
		text, err := json.Marshal(value)
		unseen(t, name+" as JSON", fmt.Sprint(string(text), err))
		text, err = xml.Marshal(value)
		unseen(t, name+" as XML", fmt.Sprint(string(text), err))
		var b bytes.Buffer
		err = gob.NewEncoder(&b).Encode(value)
		unseen(t, name+" as a gob", fmt.Sprint(b.String(), err))
		b.Reset()
		err = template.Must(template.New("").Parse(`{{.}} {{printf "%q" .}}`)).Execute(&b, value)
		unseen(t, name+" in a template", fmt.Sprint(b.String(), err))
	}
	got, err := json.Marshal(map[string]any{"a": NewSecret(treasure)})
	if err != nil || string(got) != `{"a":"(secret)"}` {
		t.Errorf("%s, %v", got, err)
	}
}

func TestSecretIsNotLogged(t *testing.T) {
	var b bytes.Buffer
	charm := func(f log.Formatter) *slog.Logger {
		return slog.New(log.NewWithOptions(&b, log.Options{Formatter: f, Level: log.DebugLevel}))
	}
	loggers := map[string]*slog.Logger{
		"slog, text": slog.New(slog.NewTextHandler(&b, nil)), "slog, JSON": slog.New(slog.NewJSONHandler(&b, nil)),
		"charm, text": charm(log.TextFormatter), "charm, JSON": charm(log.JSONFormatter),
		"charm, logfmt": charm(log.LogfmtFormatter),
	}
	for name, value := range shut() {
		for kind, logger := range loggers {
			b.Reset()
			logger.With("with", value).WithGroup("g").Info("said", "key", value, slog.Group("in", "deep", value))
			unseen(t, name+" by "+kind, b.String())
			if b.Len() == 0 {
				t.Errorf("%s by %s: nothing was logged", name, kind)
			}
		}
		b.Reset()
		plain := log.New(&b)
		plain.Info(value, "key", value)
		plain.Warnf("%v %+v %#v", value, value, value)
		plain.Print(value)
		unseen(t, name+" by charm", b.String())
	}
	b.Reset()
	loggers["slog, text"].Info("said", "key", NewSecret(treasure))
	if !strings.HasSuffix(b.String(), "msg=said key="+hidden+"\n") {
		t.Error(b.String())
	}
}

// The child gets the secret in a line of its own, in front of the rest, by whatever way it is run.
func TestSecretReachesChild(t *testing.T) {
	out := func(t *testing.T, run func(Stdio) error) string {
		read, write, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		err = run(Stdio{In: os.Stdin, Out: write})
		write.Close()
		got, _ := io.ReadAll(read)
		if err != nil {
			t.Error(err)
		}
		return string(got)
	}
	all := func(string) bool { return true }
	ways := map[string]func(context.Context, Command, Stdio) error{
		"Run": Run,
		"Capture": func(ctx context.Context, c Command, s Stdio) error {
			got, err := Capture(ctx, c, s)
			_, _ = s.Out.WriteString(got)
			return err
		},
		"Watch": func(ctx context.Context, c Command, s Stdio) error {
			got, err := Watch(ctx, c, s, all)
			_, _ = s.Out.WriteString(got)
			return err
		},
		"Output": func(ctx context.Context, c Command, s Stdio) error {
			got, err := Output(ctx, c)
			_, _ = s.Out.Write(got)
			return err
		},
		"OutputLines": func(ctx context.Context, c Command, s Stdio) error {
			got, err := OutputLines(ctx, c, all, func([]byte) {})
			_, _ = s.Out.Write(got)
			return err
		},
		"Hold": func(ctx context.Context, c Command, s Stdio) error {
			held, got, err := Hold(ctx, c, "end", 1<<10)
			if err != nil {
				return err
			}
			_, _ = s.Out.Write(got)
			return held.Release()
		},
	}
	for name, run := range ways {
		t.Run(name, func(t *testing.T) {
			c := Command{Argv: []string{"cat"}, Secret: NewSecret(treasure), Stdin: "more\nend\n"}
			if got := out(t, func(s Stdio) error { return run(bounded(t), c, s) }); got != treasure+"\nmore\nend\n" {
				t.Errorf("got %q", got)
			}
		})
	}
	got, err := Output(bounded(t), Command{Argv: []string{"cat"}, Secret: NewSecret(treasure)})
	if err != nil || string(got) != treasure+"\n" {
		t.Errorf("alone: %q, %v", got, err)
	}
}

func TestSecretText(t *testing.T) {
	lines := map[string]bool{"": true, "a b": true, "é\t": true, "a\n": false, "\r": false, "a\x00b": false}
	for text, want := range lines {
		s := NewSecret(text)
		if s.OneLine() != want || s.Empty() != (text == "") || s.reveal() != text {
			t.Errorf("%q: one line: %v, empty: %v", text, s.OneLine(), s.Empty())
		}
	}
	if s := (Secret{}); !s.Empty() || !s.OneLine() {
		t.Error("the zero Secret is not empty")
	}
}

// What would follow a newline in a secret would be read as something else, such as a line of a script.
func TestSecretMustBeOneLine(t *testing.T) {
	for _, text := range []string{"a\nid", "a\n", "a\x00", "a\r"} {
		got, err := Output(bounded(t), Command{Argv: []string{"cat"}, Secret: NewSecret(text)})
		if err == nil || len(got) > 0 {
			t.Errorf("%q was fed: %q", text, got)
		}
	}
}
