//go:build soak && !lab

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"nixhop/rebuild/request"
	"nixhop/testdata/standin"
)

// soakedWorlds is how many hosts are soaked side by side.
const soakedWorlds = 3

// soakedSlowness is how long nix-env takes where it is slow.
const soakedSlowness = 1500 * time.Millisecond

// soakedHosts are hosts of stand-in worlds, each in one of its own: what is cut off there are the real scripts.
func soakedHosts(t *testing.T) []soaked {
	program := makeSoakProgram(t, t.TempDir())
	var hosts []soaked
	for range soakedWorlds {
		hosts = append(hosts, soakedWorld(t, program))
	}
	return hosts
}

func soakedWorld(t *testing.T, program string) soaked {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "soak") // the path of a control socket must stay short
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	w, err := standin.NewWorld(filepath.Join(dir, "world"))
	if err != nil {
		t.Fatal(err)
	}
	web, err := w.AddHost("web")
	if err != nil {
		t.Fatal(err)
	}
	var flags []string
	for _, s := range request.Flags() {
		if s.Known&request.InNG != 0 {
			flags = append(flags, strings.Join(s.Spellings(), " "))
		}
	}
	if err := w.InstallRebuild("ng", flags); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"ssh_config": "Host web\n  User root\n", "flake.nix": "{ }\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	release := 0
	must := func(t *testing.T, err error) {
		t.Helper()
		if err != nil {
			t.Error(err)
		}
	}
	return soaked{
		deploy: func(t *testing.T, engine string) (*exec.Cmd, string) {
			release++
			must(t, w.SetConfiguration("web", fmt.Sprintf("release=%d", release)))
			system, err := w.Toplevel("web")
			must(t, err)
			cmd := exec.Command(program, "switch", "web", "--flake", ".", "--engine", engine)
			cmd.Dir = dir
			cmd.Env = []string{"HOME=" + dir, "NIXHOP_SSH_CONFIG=" + filepath.Join(dir, "ssh_config"), "NO_COLOR=1", "NIXHOP_GUARD=0"}
			for name, value := range w.Environment() {
				cmd.Env = append(cmd.Env, name+"="+value)
			}
			return cmd, system
		},
		slow: func(t *testing.T, slow bool) {
			value := ""
			if slow {
				value = soakedSlowness.String()
			}
			must(t, web.Set("slow", value))
		},
		cut: func(*testing.T) { web.CutLinks() },
		rest: func(t *testing.T) {
			// Nothing is at work on the host where no process has a path of it among its words any more.
			for end := time.Now().Add(time.Minute); ; time.Sleep(50 * time.Millisecond) {
				busy := exec.Command("pgrep", "-f", web.Dir+"/|"+w.Here().Dir+"/bin/(rebuild|nix)")
				if busy.Run() != nil && web.AwaitIdle(time.Minute) {
					return
				}
				if time.Now().After(end) {
					t.Error("the host does not come to rest")
					return
				}
			}
		},
		state: func(*testing.T) (runs, boots string) { return web.Runs(), web.Boots() },
		takes: 800 * time.Millisecond, slowness: soakedSlowness,
	}
}

// ended is what a shell would have in $? after the process.
func ended(state *os.ProcessState) int {
	if wait, ok := state.Sys().(syscall.WaitStatus); ok && wait.Signaled() {
		return 128 + int(wait.Signal())
	}
	return state.ExitCode()
}
