// SPDX-License-Identifier: MIT
// gss-sspi: looks after the mechanisms of this project. The table below is the command line.
#include <cstdio>
#include <cstring>
#include <exception>

#include "command.h"

namespace gss_sspi::tools {
namespace {

struct Command {
  const char *name;  // one or two words
  ExitCode (*run)(const Arguments &);
  const char *synopsis;
  const char *summary;
  const char *help;
};

constexpr Command kCommands[] = {
    {"doctor", RunDoctor, "[--config FILE] [--module-dir DIR] [--delegate-to SPN]",
     "say why NTLM does not work here, and what mends it",
     "Reads the registration of mechanisms as libgssapi does, loads each module in a process of "
     "its\n"
     "own, asks libgssapi for mechanisms and credentials, and judges policy and account files.\n"
     "\n"
     "  --config FILE     look at this file in place of /etc/gss, as GSS_MECH_CONFIG does\n"
     "  --module-dir DIR  look for modules without absolute path here; libgssapi itself always\n"
     "                    looks in its own folder\n"
     "  --delegate-to SPN say whether CredSSP may hand a password to this server, as TERMSRV/host\n"
     "\n"
     "Exit: 0 NTLM can work, 1 a problem stops it, 2 wrong usage.\n"},
    {"login", RunLogin, "[--domain D] [--lifetime TIME] [--not-default] [--stdin] [USER]",
     "keep the NT hash of a password in the session keyring",
     "Asks for the password and stores its NT hash in the session keyring of the kernel, where\n"
     "programs of this session find it. USER is user, DOMAIN\\user or user@domain; without it, "
     "the\n"
     "name of the Unix user.\n"
     "\n"
     "  --domain D        the domain, if USER has none\n"
     "  --lifetime TIME   90s, 30m, 8h (the default) or 2d; 30d at most\n"
     "  --not-default     leave the default login as it is\n"
     "  --stdin           read the password from the first line of standard input\n"
     "\n"
     "Exit: 0 stored, 1 not stored, 2 wrong usage.\n"},
    {"logout", RunLogout, "[--domain D] [USER | --all]", "end logins of the session keyring",
     "Ends the login of USER; without it, the default one.\n"
     "\n"
     "  --domain D  the domain, if USER has none\n"
     "  --all       end every login\n"
     "\n"
     "Exit: 0 ended, 1 there was none, 2 wrong usage.\n"},
    {"list", RunList, "", "list the logins of the session keyring",
     "Prints name, time left, and which one is the default. Never the hash.\n"
     "\n"
     "Exit: 0 there is one, 1 there is none, 2 wrong usage.\n"},
    {"token", RunToken, "[--hex | --base64 | --auto] [TOKEN | -]",
     "decode an NTLM, SPNEGO or TSRequest token",
     "Prints the fields of a token; without TOKEN or with \"-\", of standard input. An HTTP "
     "header\n"
     "with a token will do, blanks and line breaks do not count. What could be attacked offline "
     "is\n"
     "not printed: responses, proofs, session keys, checksums and credentials are only measured.\n"
     "\n"
     "  --hex, --base64   the form of TOKEN; --auto, the default, finds out\n"
     "\n"
     "Exit: 0 well-formed, 1 not, 2 wrong usage.\n"},
    {"test server", RunTestServer,
     "[--http] [--mech ntlm|spnego|krb5|any] [--bind ADDRESS] [--port N] [--timeout SECONDS] "
     "[--once]",
     "wait for logins of `gss-sspi test client' or of a web client",
     "Accepts logins through libgssapi and prints who came how. It has no access control beyond\n"
     "that; do not leave it running.\n"
     "\n"
     "  --http             HTTP with Negotiate and NTLM, as for `curl --negotiate -u :'\n"
     "  --mech M           what to accept; any is the default\n"
     "  --bind ADDRESS     where to listen; 127.0.0.1 is the default\n"
     "  --port N           the port; without it a free one, which is printed\n"
     "  --timeout SECONDS  how long to wait for a client's next octet, 30 is the default\n"
     "  --once             end after the first client, with 0 or 1 for its login\n"
     "\n"
     "Exit: 0 good, 1 login refused (--once) or cannot listen, 2 wrong usage.\n"},
    {"test client", RunTestClient,
     "[--http] [--path PATH] [--mech ntlm|spnego|krb5] [--user U [--stdin]] [--target SPN] "
     "[--timeout SECONDS] HOST[:PORT]",
     "log in to `gss-sspi test server' or to a web server",
     "Logs in through libgssapi and prints how; over TCP one wrapped message goes each way.\n"
     "\n"
     "  --http             HTTP with Negotiate, or NTLM with --mech ntlm; port 80 by default\n"
     "  --path PATH        what to ask the web server for; / is the default\n"
     "  --mech M           what to log in with; spnego is the default\n"
     "  --user U           log in as U and not as the default user\n"
     "  --stdin            read the password of U from the first line of standard input\n"
     "  --target SPN       service/host or service@host; host/HOST or HTTP/HOST by default\n"
     "  --timeout SECONDS  how long to wait for the server's next octet, 30 is the default\n"
     "\n"
     "Exit: 0 logged in, 1 refused or failed, 2 wrong usage.\n"},
};

void PrintUsage(std::FILE *out) {
  std::fputs("usage: gss-sspi COMMAND [OPTION...]\n\n", out);
  for (const Command &command : kCommands) {
    std::fprintf(out, "  %-12s %s\n", command.name, command.summary);
  }
  std::fputs(
      "\n`gss-sspi COMMAND --help' explains each. `gss-sspi --version' prints the version.\n", out);
}

void PrintHelp(const Command &command) {
  const char *space = *command.synopsis != '\0' ? " " : "";
  std::printf("usage: gss-sspi %s%s%s\n\n%s", command.name, space, command.synopsis, command.help);
}

// Takes the words of a command's name off the front.
const Command *TakeCommand(Arguments *arguments) {
  for (const Command &command : kCommands) {
    Arguments words;
    const char *space = std::strchr(command.name, ' ');
    if (space != nullptr) {
      words = {std::string(command.name, space), space + 1};
    } else {
      words = {command.name};
    }
    if (arguments->size() < words.size() ||
        !std::equal(words.begin(), words.end(), arguments->begin())) {
      continue;
    }
    arguments->erase(arguments->begin(),
                     arguments->begin() + static_cast<Arguments::difference_type>(words.size()));
    return &command;
  }
  return nullptr;
}

bool IsHelp(const std::string &argument) { return argument == "--help" || argument == "-h"; }

ExitCode RunCommand(const Command &command, const Arguments &arguments) {
  if (!arguments.empty() && IsHelp(arguments.front())) {
    PrintHelp(command);
    return kGood;
  }
  try {
    return command.run(arguments);
  } catch (const UsageError &e) {
    std::fprintf(stderr, "gss-sspi %s: %s\nTry `gss-sspi %s --help'.\n", command.name, e.what(),
                 command.name);
    return kUsage;
  } catch (const std::exception &e) {
    std::fflush(stdout);
    std::fprintf(stderr, "gss-sspi %s: %s\n", command.name, e.what());
    return kBad;
  }
}

ExitCode Run(Arguments arguments) {
  if (const Command *command = TakeCommand(&arguments)) return RunCommand(*command, arguments);
  const std::string first = arguments.empty() ? "" : arguments.front();
  if (arguments.size() == 1 && first == "--version") {
    std::puts("gss-sspi " GSS_SSPI_VERSION);
    return kGood;
  }
  if (IsHelp(first)) {
    PrintUsage(stdout);
    return kGood;
  }
  if (!first.empty()) std::fprintf(stderr, "gss-sspi: unknown command %s\n", first.c_str());
  PrintUsage(stderr);
  return kUsage;
}

}  // namespace
}  // namespace gss_sspi::tools

int main(int argc, char **argv) {
  const int code = gss_sspi::tools::Run({argv + 1, argv + argc});
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  std::perror("gss-sspi: standard output");
  return gss_sspi::tools::kBad;
}
