# shellcheck shell=bash
# Helper functions of the scripts. Sourced, never run.

say() { printf '%s\n' "$*" >&2; }

# fail MESSAGE: prints the last lines of the log and ends the script.
fail() {
	if [[ -s ${log:-} ]]; then
		tail -n 30 "$log" >&2
	fi
	say "error: $*"
	exit 1
}

# step TITLE COMMAND...: runs a command with its output in the log, and prints its duration.
step() {
	local title=$1 started=$SECONDS status=0
	shift
	printf '  %-28s ' "$title" >&2
	: >"$log"
	"$@" </dev/null >>"$log" 2>&1 || status=$?
	if ((status)); then
		say "no"
	else
		say "$((SECONDS - started)) s"
	fi
	return "$status"
}

# timeout_if_any SECONDS COMMAND...: runs a command without a time limit if there is no `timeout` (macOS).
timeout_if_any() {
	if type -P timeout >/dev/null; then timeout "$@"; else "${@:2}"; fi
}

# as_root COMMAND...: runs a command as root, without a password.
as_root() {
	if ((EUID == 0)); then "$@"; else sudo --non-interactive "$@"; fi
}

# can_use_apt: whether the host has apt, and can install packages without a password.
can_use_apt() {
	type -P apt-get >/dev/null && { ((EUID == 0)) || sudo --non-interactive true 2>/dev/null; }
}
