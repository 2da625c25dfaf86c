package request

// refusedBoot refuses what only a boot brings beside what a boot does not take.
func refusedBoot(r Request, _ Action) error {
	if r.Value("--on-inhibit") == "boot" && r.Has("--specialisation") {
		return &UsageError{Message: "--on-inhibit boot cannot be used with --specialisation", Hint: "what boots next is the system without it"}
	}
	return nil
}
