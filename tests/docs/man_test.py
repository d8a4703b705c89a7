# SPDX-License-Identifier: MIT
"""The manual pages: mandoc and groff have nothing to say, each page is installed and refers to others that
exist, libsspi(3) has every export, and its example compiles and runs.

Usage: man_test.py SANITIZER
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / 'tests' / 'lib'))
from private_host import Tap  # noqa: E402  pylint: disable=wrong-import-position

BUILD = pathlib.Path(os.environ['GSS_SSPI_BUILD'])
PAGES = sorted((SOURCE / 'docs' / 'man').iterdir())
OUR_NAMES = re.compile(r'^\.Xr (gss[-_]\w+|sspi\.conf|libsspi) (\d)', re.M)
FUNCTION = re.compile(r'\bFn (\w+)')


def run(*command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=False, **options)


def lint(page):
    """What mandoc and groff complain of. A style of mandoc is not ours: lines here have 100 columns."""
    found = run('mandoc', '-Tlint', '-W', 'warning', str(page)).stdout
    roff = run('groff', '-ww', '-mandoc', '-Tutf8', '-z', str(page), env=dict(os.environ, LC_ALL='C'))
    return found + roff.stderr


def exports(name):
    lines = (SOURCE / 'tests' / 'abi' / name).read_text(encoding='ascii').splitlines()
    return {line for line in lines if line and not line.startswith('#')}


def section(text, title, end=r'\.Sh '):
    return re.search(rf'^\.S[hs] {title}\n(.*?)^{end}', text, re.M | re.S)[1]


def differences(page):
    """Exports that the page lacks, and what it has beside them."""
    functions = section(page, 'FUNCTIONS')
    sspi, shim = functions.split('.Ss Of libwinshim\n')
    for text, name in ((sspi, 'libsspi.exports'), (shim, 'libwinshim.exports')):
        for function in sorted(set(FUNCTION.findall(text)) ^ exports(name)):
            yield f'{function} is only in one of the page and {name}'


def literal_texts(page):
    """The displays of a page as they are printed."""
    for text in re.findall(r'^\.Bd -literal.*?\n(.*?)^\.Ed', page, re.M | re.S):
        yield text.replace('\\e', '\\').replace('\\&', '').replace('\\-', '-')


def run_example(page, folder):
    """Compiles and runs the program of EXAMPLES; its exit status and what it says."""
    program = next(literal_texts(section(page, 'EXAMPLES')))
    source = folder / 'example.c'
    source.write_text(program, encoding='utf-8')
    accounts = folder / 'accounts'
    accounts.write_text('EXAMPLE:alice:Wonder-land1\n', encoding='utf-8')
    accounts.chmod(0o600)
    built = run('cc', '-Wall', '-Wextra', '-Werror', f'-I{SOURCE}/include/sspi', str(source), '-o',
                str(folder / 'example'), f'-L{BUILD}/sspi_compat', '-lsspi')
    if built.returncode != 0:
        return built.returncode, built.stderr
    environment = dict(os.environ, LD_LIBRARY_PATH=f'{BUILD}/sspi_compat', LC_ALL='C',
                       GSS_MECH_CONFIG=f'{BUILD}/tests/gss_mech.conf', NTLM_USER_FILE=str(accounts))
    done = run(str(folder / 'example'), env=environment)
    broken = run(str(folder / 'example'), env={**environment, 'NTLM_USER_FILE': '/nonexistent'})
    if broken.returncode == 0 or 'account file' not in broken.stderr:
        return 1, f'without accounts it ends with {broken.returncode}: {broken.stderr}'
    return done.returncode, done.stdout + done.stderr


def check_lint(tap, folder):
    missing = [tool for tool in ('mandoc', 'groff') if shutil.which(tool) is None]
    for page in PAGES:
        if missing:
            tap.skip(f'{page.name}: mandoc and groff', f'missing package: {" ".join(missing)}')
            continue
        complaints = lint(page)
        tap.check(f'{page.name}: mandoc and groff have no complaint', not complaints, complaints)
    if not missing:
        bad = folder / 'bad.1'
        bad.write_text(PAGES[0].read_text(encoding='utf-8') + '.Sh NAME\n.Xx unknown\n', encoding='utf-8')
        tap.check('a bad page has complaints', lint(bad) != '')


def check_references(tap):
    installed = (SOURCE / 'docs' / 'meson.build').read_text(encoding='utf-8')
    names = {page.name for page in PAGES}
    for page in PAGES:
        text = page.read_text(encoding='utf-8')
        tap.check(f'{page.name} is installed', f"'man/{page.name}'" in installed)
        lost = [f'{name}({number})' for name, number in OUR_NAMES.findall(text)
                if f'{name}.{number}' not in names]
        tap.check(f'{page.name} refers to pages that exist', not lost, *lost)


def main(sanitizer):
    tap = Tap()
    page = (SOURCE / 'docs' / 'man' / 'libsspi.3').read_text(encoding='utf-8')
    with tempfile.TemporaryDirectory(prefix='gss-sspi.') as folder:
        check_lint(tap, pathlib.Path(folder))
        check_references(tap)
        found = list(differences(page))
        tap.check('libsspi(3) has the exports, and no other function', not found, *found)
        less = list(differences(page.replace('.It Fn FreeContextBuffer\n', '')))
        tap.check('an export that is not in it is noticed', len(less) == len(found) + 1, *less)
        if sanitizer == 'none':
            status, output = run_example(page, pathlib.Path(folder))
            tap.check('the example of libsspi(3) gives a token', status == 0 and
                      re.match(r'\d+ octets for the server\n$', output) is not None, output)
    return tap.finish()


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
