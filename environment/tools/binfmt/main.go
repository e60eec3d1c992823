// A replacement for the program in the image tonistiigi/binfmt, if that image cannot be pulled. It has the documented
// arguments and output of the original, and uses the real kernel with Debian's QEMU.
//
//	--install arm64,riscv64   registers emulators; "all": each emulator of the image that the machine needs
//	--uninstall qemu-aarch64  unregisters emulators by name
//
// Finally it prints, as JSON, the platforms that the machine can run and the registered emulators. As in the original,
// an error with one architecture is a line on standard error, and the exit code is still 0.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/containerd/platforms"
	"github.com/moby/buildkit/util/archutil"
)

const (
	kernel   = "/proc/sys/fs/binfmt_misc"
	formats  = "/usr/share/binfmts" // Debian's: how the kernel knows each kind of program
	programs = "/usr/bin"
)

// QEMU's names of architectures that differ from Go's names.
var qemuNames = map[string]string{
	"386": "i386", "amd64": "x86_64", "arm64": "aarch64", "loong64": "loongarch64", "mips64le": "mips64el",
}

func emulatorOf(architecture string) string {
	if name, ok := qemuNames[architecture]; ok {
		return "qemu-" + name
	}
	return "qemu-" + architecture
}

func architectureOf(platform string) string {
	parsed, err := platforms.Parse(platform)
	if err != nil {
		return platform
	}
	return parsed.Architecture
}

func install(architecture string) error {
	emulator := emulatorOf(architecture)
	format, err := os.ReadFile(filepath.Join(formats, emulator))
	if err != nil {
		return fmt.Errorf("unsupported architecture: %s", architecture)
	}
	fields := map[string]string{}
	for _, line := range strings.Split(string(format), "\n") {
		key, value, _ := strings.Cut(line, " ")
		fields[key] = value
	}
	// C: the emulator gets the credentials of the program. F: it is opened now, so it works in every container.
	entry := fmt.Sprintf(":%s:M:0:%s:%s:%s/%s:CF", emulator, fields["magic"], fields["mask"], programs, emulator)
	err = os.WriteFile(filepath.Join(kernel, "register"), []byte(entry), 0)
	if os.IsExist(err) {
		return fmt.Errorf("%s already registered", emulator)
	}
	return err
}

func uninstall(emulator string) error {
	if slices.Contains([]string{"register", "status"}, emulator) {
		return fmt.Errorf("not found")
	}
	err := os.WriteFile(filepath.Join(kernel, emulator), []byte("-1"), 0)
	if os.IsNotExist(err) || os.IsPermission(err) {
		return fmt.Errorf("not found")
	}
	return err
}

// The architectures that the image has emulators for and the machine cannot run.
func missing() (all []string) {
	runs := map[string]bool{}
	for _, platform := range supported() {
		runs[architectureOf(platform)] = true
	}
	entries, _ := os.ReadDir(formats)
	for _, entry := range entries {
		for _, architecture := range []string{
			"386", "amd64", "arm", "arm64", "loong64", "mips64", "mips64le", "ppc64le", "riscv64", "s390x",
		} {
			if entry.Name() == emulatorOf(architecture) && !runs[architecture] {
				all = append(all, architecture)
			}
		}
	}
	return all
}

// The platforms that the machine can run, found by running a small program for each.
func supported() (all []string) {
	for _, platform := range archutil.SupportedPlatforms(true) {
		all = append(all, platforms.Format(platforms.Normalize(platform)))
	}
	return all
}

func registered() (all []string) {
	entries, _ := os.ReadDir(kernel)
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(kernel, entry.Name()))
		if err == nil && strings.HasPrefix(string(text), "enabled\n") && entry.Name() != "status" {
			all = append(all, entry.Name())
		}
	}
	return all
}

func say(verb, what string, err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %s %v\n", verb, what, err)
		return
	}
	fmt.Fprintf(os.Stderr, "%s: %s OK\n", verb, what)
}

func list(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' })
}

func main() {
	toInstall := flag.String("install", "", "architectures to install")
	toUninstall := flag.String("uninstall", "", "emulators to uninstall")
	flag.Parse()
	archutil.CacheMaxAge = 0

	if _, err := os.Stat(filepath.Join(kernel, "status")); err != nil {
		if err := syscall.Mount("binfmt_misc", kernel, "binfmt_misc", 0, ""); err != nil {
			fmt.Fprintf(os.Stderr, "error: cannot mount binfmt_misc at %s: %v\n", kernel, err)
			return
		}
	}
	for _, emulator := range list(*toUninstall) {
		say("uninstalling", emulator, uninstall(emulator))
	}
	architectures := list(*toInstall)
	if *toInstall == "all" {
		architectures = missing()
	}
	for _, architecture := range architectures {
		architecture = architectureOf(architecture)
		say("installing", architecture, install(architecture))
	}
	// An empty list is null, as in the original.
	report, _ := json.MarshalIndent(map[string][]string{"supported": supported(), "emulators": registered()}, "", "  ")
	fmt.Println(string(report))
}
