# SPDX-License-Identifier: MIT
"""For each command and each display of the documents: in which scene it is used, what must come out, or who
runs it else. `commands_test.py` holds this against the documents."""
import scene_admin
import scene_install
import scene_packages
import scene_porting
import scene_tools
import scene_tree

SCENES = {scene.NAME: scene for scene in (scene_tree, scene_tools, scene_install, scene_packages, scene_porting,
                                       scene_admin)}

LOAD = ('ten minutes; ./dev test has its short form', 'tests/load/meson.build', "suite: 'load'")

BENCH = ('another row of the bench is run with these options', 'tests/docs/scene_tools.py',
         "more='--quick --report --json figures.json'")

# Command: (why no scene runs it, the file that does, what is in it).
NOT_RUN = {
    './dev test': ('it would run itself', '.ci/run', 'stage test ./dev test'),
    './dev test --asan': ('half an hour', '.ci/run', 'stage asan ./dev test --asan'),
    './dev test --clang': ('two minutes', '.ci/run', 'stage clang ./dev test --clang'),
    './dev test --tsan': ('ten minutes; by hand, its figures are there', 'docs/testing.md', '| `--tsan`:'),
    './dev tidy': ('ten minutes', '.ci/run', './dev tidy'),
    './dev fuzz all 60': ('ten minutes', '.ci/run', 'stage fuzz ./dev fuzz all 60'),
    './dev fuzz TARGET [SECONDS]': ('a build of its own', '.ci/run', 'stage fuzz ./dev fuzz all 60'),
    './dev fuzz --fast TARGET [SECONDS]': ('a build of its own; by hand', 'tests/fuzz/run', '"${1:-}" = --fast'),
    './dev fuzz --minimise TARGET': ('a build of its own; by hand', 'tests/fuzz/run', '--minimise'),
    './dev bench': ('it is bench/run', 'dev', 'exec bench/run "$@"'),
    'bench/run': BENCH,
    'bench/run --quick': BENCH,
    'bench/run --report': BENCH,
    'systemctl daemon-reload': ('needs systemd; the units are judged by it', 'tests/docs/scene_packages.py',
                                'systemd-analyze verify'),
    'dpkg-buildpackage -b -us -uc': ('the packages of the tests are made by it', 'tests/packaging/build_packages.py',
                                     "'dpkg-buildpackage', '-b', '-us', '-uc'"),
    'apt remove gss-ntlmssp': ('the packages are tested with and without it', 'tests/packaging/packages_test.py',
                               'def check_beside_gss_ntlmssp'),
    'bench/run --json FILE': BENCH,
    './dev load [SECONDS]': LOAD,
    './dev load': LOAD,
    './dev strength': ('seven minutes; with one program it is run', 'docs/testing.md',
                       './dev strength sweep_flags'),
}

# Command within the text that only names what a test does: the test, and what is in it.
MENTIONED = {
    'ldapsearch -Y GSS-SPNEGO': ('tests/realm/ldap_client.py', 'GSS-SPNEGO'),
    'pkg-config sspi': ('docs/porting-from-windows.md', '$(pkg-config --cflags --libs sspi)'),
}

# Displays that nobody types or copies, by a line of theirs.
PICTURES = (
    'libgssapi_krb5: mechglue  <-----------------  sspi_compat/  (libsspi)',
    'kStart      -> kAwaitsChallenge                       -> kOver',
    'Initiator   Begin() -> negoTokens ... Take() -> pubKeyAuth -> Take() -> authInfo',
)
# And those that another test uses: the test, and the function of it.
ELSEWHERE = {
    'int main(void) {': ('tests/docs/man_test.py', 'def run_example'),
    '{"AuthServerAllowlist": "*.example.com"}': ('tests/apps/installed_chromium_test.py', 'AuthServerAllowlist'),
}
