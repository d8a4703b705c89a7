# SPDX-License-Identifier: MIT
"""TAP for tests between two implementations: who fails is told apart from who is at fault."""
import dataclasses
import itertools
import traceback

import peers


@dataclasses.dataclass(frozen=True)
class Known:
    """A difference that was looked into. `peer_alone`: the peer fails with itself as well, which is
    tried each time, and the cell is a SKIP. `error`: what our end says of the peer's message shows
    it, and is looked for each time; a SKIP too. Else the cell is a TODO."""
    reason: str
    peer_alone: bool = False
    error: str = ''


class Tap:
    def __init__(self):
        self.count = itertools.count(1)
        self.failures = 0

    def line(self, good, name, remark='', notes=()):
        self.failures += not good and not remark
        print(f'{"ok" if good else "not ok"} {next(self.count)} - {name}'
              f'{" # " + remark if remark else ""}', flush=True)
        for note in notes:
            print('#', note)

    def finish(self):
        print(f'1..{next(self.count) - 1}')
        return 1 if self.failures else 0

    def cell(self, name, check, pair, known=None):
        """One check between two ends. `check(initiator, acceptor)` raises where it does not hold.
        True when it holds, so that a caller can leave out what rests on it."""
        try:
            check(*pair)
        except peers.Unsupported as reason:
            if str(reason).startswith('ours'):
                self.line(False, name, notes=[reason])
            else:
                self.line(True, name, f'SKIP {reason}')
        except Exception as error:  # pylint: disable=broad-except
            notes = traceback.format_exc().rstrip().splitlines()[-3:]
            if known is None:
                self.line(False, name, notes=notes)
            elif known.error and known.error in str(error):
                self.line(True, name, f'SKIP {known.reason}')
            elif known.error:
                self.line(False, name, notes=['not for the reason that is known'] + notes)
            elif not known.peer_alone:
                self.line(False, name, f'TODO {known.reason}', notes=[error])
            elif fails_alone(check, pair):
                self.line(True, name, f'SKIP the peer cannot with itself either: {known.reason}')
            else:
                self.line(False, name, notes=['the peer can, with itself'] + notes)
        else:
            # A TODO that passes is reported as such: the reason no longer holds.
            is_todo = known and not known.peer_alone and not known.error
            self.line(True, name, f'TODO {known.reason}' if is_todo else '')
            return True
        return False


def fails_alone(check, pair):
    other = next(peer for peer in pair if peer.name != 'ours')
    try:
        check(other, other)
    except Exception:  # pylint: disable=broad-except
        return True
    return False
