package plan

import (
	"encoding/binary"
	"strings"
)

// instructions make a program that creates the directory that its first argument names and exits with what that gave:
// of all that would do, the least. The first argument stands on the stack behind the number of the arguments and the
// program's name.
type instructions struct {
	machine uint16 // e_machine of elf(5)
	flags   uint32 // e_flags
	wide    bool   // 64 bits
	code    []byte
}

// TinyProgram returns an ELF executable for a system, or nothing where none is known.
func TinyProgram(system string) []byte {
	cpu, kernel, _ := strings.Cut(system, "-")
	p, known := tinyInstructions()[cpu]
	if !known || kernel != "linux" {
		return nil
	}
	return p.executable()
}

// tinyInstructions are the programs by the processor's name. The comments are the assembly.
func tinyInstructions() map[string]instructions {
	arm := instructions{machine: 40, flags: 0x05000000, code: words(
		0xE59D0008, // ldr r0, [sp, #8]
		0xE3A01F70, // mov r1, #0700
		0xE3A07027, // mov r7, #39      mkdir
		0xEF000000, // svc #0
		0xE3A07001, // mov r7, #1       exit
		0xEF000000, // svc #0
	)}
	return map[string]instructions{
		"aarch64": {machine: 183, wide: true, code: words(
			0xF9400BE1, // ldr x1, [sp, #16]
			0x92800C60, // mov x0, #-100    AT_FDCWD
			0xD2803802, // mov x2, #0700
			0xD2800448, // mov x8, #34      mkdirat
			0xD4000001, // svc #0
			0xD2800BA8, // mov x8, #93      exit
			0xD4000001, // svc #0
		)},
		"riscv64": {machine: 243, wide: true, code: words(
			0x01013583, // ld a1, 16(sp)
			0xF9C00513, // li a0, -100      AT_FDCWD
			0x1C000613, // li a2, 0700
			0x02200893, // li a7, 34        mkdirat
			0x00000073, // ecall
			0x05D00893, // li a7, 93        exit
			0x00000073, // ecall
		)},
		"armv6l": arm,
		"armv7l": arm,
		"i686": {machine: 3, code: []byte{
			0x8B, 0x5C, 0x24, 0x08, // mov ebx, [esp+8]
			0xB9, 0xC0, 0x01, 0, 0, // mov ecx, 0700
			0xB8, 39, 0, 0, 0, // mov eax, 39       mkdir
			0xCD, 0x80, // int 0x80
			0x89, 0xC3, // mov ebx, eax
			0xB8, 1, 0, 0, 0, // mov eax, 1         exit
			0xCD, 0x80, // int 0x80
		}},
		"x86_64": {machine: 62, wide: true, code: []byte{
			0x48, 0x8B, 0x7C, 0x24, 0x10, // mov rdi, [rsp+16]
			0xBE, 0xC0, 0x01, 0, 0, // mov esi, 0700
			0xB8, 83, 0, 0, 0, // mov eax, 83       mkdir
			0x0F, 0x05, // syscall
			0x89, 0xC7, // mov edi, eax
			0xB8, 60, 0, 0, 0, // mov eax, 60       exit
			0x0F, 0x05, // syscall
		}},
	}
}

// words are instructions of four bytes each.
func words(all ...uint32) []byte {
	var code []byte
	for _, w := range all {
		code = binary.LittleEndian.AppendUint32(code, w)
	}
	return code
}

// executable puts the code behind the two headers that a kernel wants: elf(5).
func (p instructions) executable() []byte {
	const base = 0x10000 // where the file is mapped
	class, header, segment := byte(1), 52, 32
	if p.wide {
		class, header, segment = 2, 64, 56
	}
	start := header + segment
	size := start + len(p.code)
	le := binary.LittleEndian
	file := append([]byte("\x7fELF"), class, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0)
	address := func(v int) {
		if p.wide {
			file = le.AppendUint64(file, uint64(v))
		} else {
			file = le.AppendUint32(file, uint32(v))
		}
	}
	file = le.AppendUint16(file, 2) // ET_EXEC
	file = le.AppendUint16(file, p.machine)
	file = le.AppendUint32(file, 1)
	address(base + start) // e_entry
	address(header)       // e_phoff
	address(0)            // e_shoff
	file = le.AppendUint32(file, p.flags)
	for _, v := range []int{header, segment, 1, 0, 0, 0} {
		file = le.AppendUint16(file, uint16(v))
	}
	file = le.AppendUint32(file, 1) // PT_LOAD
	const readExecute = 5
	if p.wide {
		file = le.AppendUint32(file, readExecute)
	}
	for _, v := range []int{0, base, base, size, size} {
		address(v)
	}
	if !p.wide {
		file = le.AppendUint32(file, readExecute)
	}
	address(0x10000) // p_align: the largest page there is on these
	return append(file, p.code...)
}
