// SPDX-License-Identifier: MIT
#include "credssp/exchange.h"

#include "credssp/record.h"
#include "credssp/tls_facts.h"

namespace gss_sspi::credssp {
namespace {

// C153.
constexpr unsigned kMostIdleRecords = 1000;

}  // namespace

Error Exchange::OpenTls(Ref<TlsConfig> config) {
  const Error error = pipe_.Open(std::move(config), plan_.role, plan_.server_name);
  if (!error && plan_.stops_for_certificate) pipe_.StopForCertificate();
  return error;
}

Error Exchange::SetServerKey(ByteView key) {
  return given_key_.Assign(key) ? kSuccess : Error(Status::kNoMemory);
}

bool Exchange::is_complete() const {
  return plan_.role == Role::kInitiator ? initiator_.is_complete() : acceptor_.is_complete();
}

const Peer &Exchange::peer() const {
  return plan_.role == Role::kInitiator ? initiator_.peer() : acceptor_.peer();
}

const char *Exchange::awaited() const {
  if (plan_.owns_tls && !pipe_.is_established()) return "the TLS handshake";
  return plan_.role == Role::kInitiator ? initiator_.awaited() : acceptor_.awaited();
}

bool Exchange::certificate_is_proof() const {
  const bool names_server = *plan_.server_name != '\0';
  return plan_.verify == Verify::kPin || (plan_.verify == Verify::kAuthority && names_server);
}

ByteView Exchange::server_key() const {
  return plan_.owns_tls ? PublicKeyOf(ServerCertificate(tls())) : given_key_.view();
}

Error Exchange::Step(const Environment &environment, ByteView input, GrowingBuffer *output) {
  if (has_failed_) return Status::kContextFailed;
  took_message_ = false;
  Error error = Go(environment, input, output);
  // C20: the next TSRequest is the answer to ours, so it cannot be there yet.
  if (!error && took_message_ && !is_complete() && !messages_.empty()) {
    error = Fail(Status::kCredsspUnexpectedToken, "two TSRequests in a row (C20)");
  }
  has_failed_ = static_cast<bool>(error);
  return error;
}

Error Exchange::Go(const Environment &environment, ByteView input, GrowingBuffer *output) {
  if (!plan_.owns_tls) {
    if (!messages_.Append(input)) return Status::kNoMemory;
    if (plan_.role == Role::kInitiator && !has_begun_) return Begin(environment, output);
    return TakeMessages(output);
  }
  if (pipe_.has_stopped() && !input.empty()) return KeepForLater(input);
  if (plan_.role == Role::kInitiator && input.empty() && !pipe_.is_established()) {
    if (Error error = pipe_.Handshake({}, output)) return error;
    if (records_.empty()) return kSuccess;
  }
  ByteView rest = input;
  if (!records_.empty()) {
    if (!records_.Append(input)) return Status::kNoMemory;
    rest = records_.view();
  }
  if (Error error = TakeRecords(&rest, output)) return error;
  if (Error error = Keep(rest)) return error;
  // C24: with TLS 1.3 Finished goes alone, since some servers answer it before they read on.
  if (plan_.role == Role::kAcceptor || has_begun_ || !pipe_.is_established() || !output->empty()) {
    return kSuccess;
  }
  // C44: part of a ticket is no answer.
  if (!input.empty() && !records_.empty()) return kSuccess;
  return Begin(environment, output);
}

// The rest of the flight in which the server asked for a certificate.
Error Exchange::KeepForLater(ByteView input) {
  constexpr size_t kMost = 4 * kMaxRecordSize;
  if (records_.size() + input.size() > kMost) {
    return Fail(Status::kCredsspUnexpectedToken, "more than a flight of the server");
  }
  return records_.Append(input) ? kSuccess : Error(Status::kNoMemory);
}

// C21: record by record, until the context is complete.
Error Exchange::TakeRecords(ByteView *rest, GrowingBuffer *output) {
  while (!is_complete() && !pipe_.has_stopped()) {
    const auto size = SizeOfRecord(*rest);
    if (!size) return size.error();
    if (*size == 0 || rest->size() < *size) break;
    const ByteView record = rest->first(*size);
    *rest = rest->subspan(*size);
    if (Error error = TakeRecord(record, output)) return error;
  }
  return kSuccess;
}

Error Exchange::TakeRecord(ByteView record, GrowingBuffer *output) {
  if (!pipe_.is_established()) {
    const size_t said = output->size();
    if (Error error = pipe_.Handshake(record, output)) return error;
    if (pipe_.is_established()) return CheckCertificate();
    return output->size() == said ? CountIdleRecord() : kSuccess;
  }
  if (!messages_.Reserve(record.size())) return Status::kNoMemory;
  const auto size = pipe_.Read({&record, 1}, messages_.Room(), output);
  // C19: some servers refuse in this way.
  if (!size && size.error().status == Status::kStreamEnded) {
    return Fail(Status::kPeerGaveUp, "in place of %s", awaited());
  }
  if (!size) return size.error();
  if (*size == 0) return CountIdleRecord();
  messages_.Filled(*size);
  return TakeMessages(output);
}

Error Exchange::CountIdleRecord() {
  if (++idle_records_ <= kMostIdleRecords) return kSuccess;
  return Fail(Status::kCredsspUnexpectedToken, "%u records that say nothing", kMostIdleRecords);
}

Error Exchange::CheckCertificate() const {
  if (plan_.role == Role::kAcceptor || plan_.verify != Verify::kPin) return kSuccess;
  if (HasPin(ServerCertificate(tls()), plan_.pin)) return kSuccess;
  return Fail(Status::kCertificateRefused, "its key is not the one of credssp:pin");
}

Error Exchange::TakeMessages(GrowingBuffer *output) {
  while (!is_complete() && !messages_.empty()) {
    const auto size = TsRequest::SizeAt(messages_.view());
    if (!size) return size.error();
    if (*size == 0 || messages_.size() < *size) break;
    if (Error error = TakeMessage(messages_.view().first(*size), output)) return error;
    messages_.DropFront(*size);
  }
  return kSuccess;
}

Error Exchange::TakeMessage(ByteView message, GrowingBuffer *output) {
  if (took_message_) {
    const auto request = TsRequest::Parse(message);
    if (!request) return request.error();
    if (request->error_code == 0) {
      return Fail(Status::kCredsspUnexpectedToken, "two TSRequests in a row (C20)");
    }
  }
  took_message_ = true;
  idle_records_ = 0;
  Buffer answer;
  Error error;
  if (plan_.role == Role::kInitiator) {
    const Initiator::Rules rules{plan_.least_version, plan_.requires_proof,
                                 plan_.delegates_to_proven_only, certificate_is_proof()};
    error = initiator_.Take(message, rules, server_key(), plan_.delegation, &answer);
  } else {
    error = acceptor_.Take(message, plan_.least_version, server_key(), &answer);
  }
  const Error sent = Send(answer.view(), output);
  return error ? error : sent;
}

Error Exchange::Begin(const Environment &environment, GrowingBuffer *output) {
  Buffer message;
  if (Error error = initiator_.Begin(environment, &message)) return error;
  has_begun_ = true;
  return Send(message.view(), output);
}

Error Exchange::Send(ByteView message, GrowingBuffer *output) {
  if (plan_.owns_tls) return pipe_.Write(message, output);
  return output->Append(message) ? kSuccess : Error(Status::kNoMemory);
}

// `rest` is the end of what was taken, in `records_` or behind it.
Error Exchange::Keep(ByteView rest) {
  if (!records_.empty()) {
    if (rest.empty()) {
      records_.Clear();
    } else {
      records_.DropFront(records_.size() - rest.size());
    }
    return kSuccess;
  }
  return rest.empty() || records_.Append(rest) ? kSuccess : Error(Status::kNoMemory);
}

Error Exchange::Wrap(ByteView message, GrowingBuffer *token) {
  if (!plan_.owns_tls) return Fail(Status::kCredsspUnavailable, "TLS is the application's");
  const auto sizes = pipe_.record_sizes();
  const size_t records = message.size() / kMaxRecordPlaintext + 1;
  if (!token->Reserve(message.size() + records * (sizes.header + sizes.trailer))) {
    return Status::kNoMemory;
  }
  return pipe_.Write(message, token);
}

Error Exchange::WrapRecord(ByteView message, RecordRoom record) {
  if (!plan_.owns_tls) return Fail(Status::kCredsspUnavailable, "TLS is the application's");
  return message.empty() ? kSuccess : pipe_.WriteRecord(message, record);
}

Error Exchange::Unwrap(ByteView input, GrowingBuffer *message) {
  if (!messages_.empty()) {
    if (!message->Append(messages_.view())) return Status::kNoMemory;
    messages_.Clear();
  } else if (!plan_.owns_tls) {
    return Fail(Status::kCredsspUnavailable, "TLS is the application's");
  }
  if (!plan_.owns_tls) return kSuccess;
  ByteView rest = input;
  if (!records_.empty()) {
    if (!records_.Append(input)) return Status::kNoMemory;
    rest = records_.view();
  }
  while (!has_ended_) {
    const auto size = SizeOfRecord(rest);
    if (!size) return size.error();
    if (*size == 0 || rest.size() < *size) break;
    if (!message->Reserve(*size)) return Status::kNoMemory;
    const ByteView record = rest.first(*size);
    const auto taken = pipe_.Read({&record, 1}, message->Room(), nullptr);
    has_ended_ = !taken && taken.error().status == Status::kStreamEnded;
    if (!taken && !has_ended_) return taken.error();
    if (taken) message->Filled(*taken);
    rest = rest.subspan(*size);
  }
  if (Error error = Keep(rest)) return error;
  // What came before close_notify is given first.
  return has_ended_ && message->empty() ? Error(Status::kStreamEnded) : kSuccess;
}

Error Exchange::Pending(GrowingBuffer *message) {
  const bool has_none = !plan_.owns_tls && messages_.empty();
  return has_none ? kSuccess : Unwrap({}, message);
}

Result<size_t> Exchange::UnwrapRecord(RecordParts record, MutableBytes message) {
  if (!plan_.owns_tls) return Fail(Status::kCredsspUnavailable, "TLS is the application's");
  if (!messages_.empty() || !records_.empty()) {
    return Fail(Status::kCredsspUnexpectedToken, "earlier octets wait for gss_unwrap");
  }
  if (Error error = CheckRecord(record)) return error;
  return pipe_.Read(record, message, nullptr);
}

Error Exchange::Close(GrowingBuffer *token) {
  if (!plan_.owns_tls) return Fail(Status::kCredsspUnavailable, "TLS is the application's");
  return pipe_.Close(token);
}

}  // namespace gss_sspi::credssp
