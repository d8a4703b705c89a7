# SPDX-License-Identifier: MIT
"""LmCompatibilityLevel 0 to 5 of both ends, our module and gss-ntlmssp. Prints TAP.

    levels_test.py MODULE GSS_DRIVER [WINPR_DRIVER]

Which answer goes over the wire is read from the AUTHENTICATE, not taken from an end.
"""
import itertools
import os
import sys
import tempfile

import ntlm_tokens
import peers
import peers_test
from ntlm_tokens import FLAGS
from peers import Account, Refused
from peers_test import SEAL, SIGN, check_keys, check_messages, refused_in_handshake, send
from tap import Known

LEVELS = range(6)
OTHER = 'gss-ntlmssp'
BASE_FLAGS = ('UNICODE', 'REQUEST_TARGET', 'NTLM', 'ALWAYS_SIGN', 'VERSION')
STRENGTHS = {'128': ('128',), '56': ('56',), '40': (), '128 and 56': ('128', '56')}


def level(number):
    return (('LM_COMPAT_LEVEL', str(number)),)


def grants_ess(acceptor, number):
    """gss-ntlmssp takes extended session security from level 1 on; ours whenever it is offered."""
    return acceptor.name == 'ours' or number > 0


def expected_form(initiator_level, acceptor, acceptor_level):
    """Section 3.2 of the requirements, which is [MS-NLMP] 3.1.1.1."""
    if initiator_level >= 3:
        return 'NTLMv2'
    if initiator_level > 0 and grants_ess(acceptor, acceptor_level):
        return 'NTLMv1 with ESS'
    return 'NTLM only' if initiator_level == 2 else 'LM and NTLM'


def accepts(acceptor_level, form):
    return form == 'NTLMv2' or acceptor_level <= 2


KNOWN = [
    (('-> gss-ntlmssp', f'and {number}: NTLMv1 with ESS of a wrong password'),
     Known('an acceptor of gss-ntlmssp 1.2.0 at level 1 takes any NTLMv1 answer with ESS, because '
           'it looks at the LM field for an answer (N311)', True)) for number in (0, 1)
]


class LevelBench(peers_test.Bench):
    """The cells of pairs of levels. Our end may be as weak as it is asked to be, unless said."""
    known = KNOWN

    def __init__(self, work, all_peers):
        super().__init__(work, OTHER, all_peers)
        self.weak = os.path.join(work, 'weak.conf')
        descriptor = os.open(self.weak, os.O_WRONLY | os.O_CREAT, 0o600)
        with open(descriptor, 'w', encoding='utf-8') as out:
            out.write('[ntlm]\n    initiator_minimum_security = none\n'
                      '    acceptor_minimum_security = none\n')

    def level_session(self, pair, levels, weak=True, **options):
        policy = (('GSS_SSPI_CONFIG', self.weak),) if weak else ()
        return self.session(*pair, initiator_variables=level(levels[0]) + policy,
                            acceptor_variables=level(levels[1]) + policy, **options)


# ---- cells ---------------------------------------------------------------------------------------

def answer_cells(bench, pair, levels):
    """Which answer is sent, and whether it is accepted."""
    form = expected_form(levels[0], pair[1], levels[1])
    good = accepts(levels[1], form)

    def run(initiator, acceptor):
        with bench.level_session((initiator, acceptor), levels, flags=SEAL) as session:
            if good:
                session.run()
                check_keys(session)
                assert peers_test.initiator_name(session) == Account().shown()
            else:
                refused_in_handshake(session)
            answer = session.message(ntlm_tokens.AUTHENTICATE)
            sent = ntlm_tokens.response_form(answer)
            assert sent == form, f'sent {sent}, flags {answer.flag_words()}'

    def wrong(initiator, acceptor):
        with bench.level_session((initiator, acceptor), levels, flags=SEAL,
                                 password=peers_test.WRONG) as session:
            refused_in_handshake(session, peers_test.LOGON_FAILURE)

    name = f'levels {levels[0]} and {levels[1]}'
    bench.cell(f'{name}: {form} is {"accepted" if good else "refused"}', run, pair)
    if good:
        bench.cell(f'{name}: {form} of a wrong password is refused', wrong, pair)


def message_cells(bench, pair, levels):
    """Keys and messages, with whatever was negotiated at these levels."""
    for protection, flags in (('seal', SEAL), ('sign', SIGN)):
        def run(initiator, acceptor, flags=flags):
            with bench.level_session((initiator, acceptor), levels, flags=flags) as session:
                session.run()
                check_keys(session)
                for kind in ('wrap', 'mic', 'wrap'):
                    check_messages(session, kind)
        bench.cell(f'levels {levels[0]} and {levels[1]}: keys, wrap and mic, {protection}', run,
                   pair)


def strength_cells(bench, pair, levels, more, what):
    """Key strengths, by NEG_FLAGS of the initiator."""
    for strength, words in STRENGTHS.items():
        def run(initiator, acceptor, words=words):
            flags = sum(FLAGS[word] for word in BASE_FLAGS + words + more)
            with bench.level_session((initiator, acceptor), levels, flags=SEAL,
                                     neg_flags=flags) as session:
                session.run()
                answer = session.message(ntlm_tokens.AUTHENTICATE)
                for word in ('128', '56', 'ESS', 'LM_KEY'):
                    assert answer.has(word) == (word in words + more), answer.flag_words()
                check_keys(session)
                for kind in ('wrap', 'mic', 'wrap'):
                    check_messages(session, kind)
        bench.cell(f'{what}, strength {strength}: keys, wrap and mic', run, pair)


def crossing_cell(bench, pair):
    """Without extended session security both directions share RC4 state and number, so messages
    that cross each other on the way are lost; with it they arrive."""
    def crossing(initiator, acceptor, levels):
        with bench.level_session((initiator, acceptor), levels, flags=SEAL) as session:
            session.run()
            tokens = [end.call('wrap', b'on its way')
                      for end in (session.initiator, session.acceptor)]
            assert session.acceptor.call('unwrap', tokens[0]) == b'on its way'
            assert session.initiator.call('unwrap', tokens[1]) == b'on its way'

    def without(initiator, acceptor):
        with bench.level_session((initiator, acceptor), (0, 0), flags=SEAL) as session:
            session.run()
            send(*session.directions()[0], 'wrap', b'one after the other')
            send(*session.directions()[1], 'wrap', b'passes')
        try:
            crossing(initiator, acceptor, (0, 0))
        except Refused:
            return
        raise AssertionError('crossing messages arrived')

    bench.cell('with ESS messages may cross', lambda *ends: crossing(*ends, (3, 3)), pair)
    bench.cell('without ESS messages that cross are refused', without, pair)


def minimum_cells(bench, pair):
    """N305: by default our end does not protect messages with less than ESS and 128 bits."""
    def refused(initiator, acceptor, levels, flags=None):
        with bench.level_session((initiator, acceptor), levels, weak=False, flags=SEAL,
                                 neg_flags=flags) as session:
            try:
                session.run()
            except Refused as refusal:
                assert str(refusal).startswith('ours'), refusal
                return
            raise AssertionError('established')

    bench.cell('default minimum: no ESS, refused by our end',
               lambda *ends: refused(*ends, (0, 0)), pair)
    short = sum(FLAGS[word] for word in BASE_FLAGS + ('ESS', '56'))
    bench.cell('default minimum: 56 bits, refused by our end',
               lambda *ends: refused(*ends, (3, 3), short), pair)


def lm_key_cell(bench, pair):
    """N302: LM_KEY is offered at level 0."""
    def run(initiator, acceptor):
        for number in LEVELS:
            with bench.level_session((initiator, acceptor), (number, 0), flags=SEAL) as session:
                session.run()
                offer = session.message(ntlm_tokens.NEGOTIATE)
                assert offer.has('LM_KEY') == (number == 0), (number, offer.flag_words())
                assert offer.has('ESS') == (number > 0), (number, offer.flag_words())
    bench.cell('LM_KEY is offered at level 0 only, ESS at all others', run, pair)


def main():
    module, gss_driver = map(os.path.abspath, sys.argv[1:3])
    with tempfile.TemporaryDirectory(prefix='gss-sspi.') as work:
        all_peers = peers.make_peers(work, module, gss_driver, '')
        if OTHER not in all_peers:
            print(f'1..0 # SKIP missing packages: {peers.PACKAGES[OTHER]}')
            return 0
        bench = LevelBench(work, all_peers)
        for pair in bench.pairs():
            for levels in itertools.product(LEVELS, LEVELS):
                answer_cells(bench, pair, levels)
            for levels in ((0, 0), (0, 2), (1, 0), (1, 1), (2, 0), (2, 2), (3, 0), (3, 3), (5, 5)):
                message_cells(bench, pair, levels)
            strength_cells(bench, pair, (0, 0), ('LM_KEY',), 'NTLMv1, LM_KEY')
            strength_cells(bench, pair, (1, 1), ('ESS',), 'NTLMv1 with ESS')
            strength_cells(bench, pair, (3, 3), ('ESS',), 'NTLMv2 with ESS')
            crossing_cell(bench, pair)
            minimum_cells(bench, pair)
        lm_key_cell(bench, bench.pairs()[0])
        return bench.tap.finish()


if __name__ == '__main__':
    sys.exit(main())
