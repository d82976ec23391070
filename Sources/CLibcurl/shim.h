#ifndef SALLYPORT_CLIBCURL_SHIM_H
#define SALLYPORT_CLIBCURL_SHIM_H

// What follows has one type for each function, so that there is nothing to check.
#define CURL_DISABLE_TYPECHECK
#include <curl/curl.h>

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

// curl_easy_setopt(3) and curl_easy_getinfo(3) take any number of arguments, which Swift cannot call.
static inline CURLcode set_number(CURL *handle, CURLoption option, long value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode set_text(CURL *handle, CURLoption option, const char *value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode set_pointer(CURL *handle, CURLoption option, void *value) {
  return curl_easy_setopt(handle, option, value);
}
static inline CURLcode set_debug(CURL *handle, curl_debug_callback function, void *data) {
  curl_easy_setopt(handle, CURLOPT_DEBUGDATA, data);
  return curl_easy_setopt(handle, CURLOPT_DEBUGFUNCTION, function);
}
static inline CURLcode set_open_socket(CURL *handle, curl_opensocket_callback function, void *data) {
  curl_easy_setopt(handle, CURLOPT_OPENSOCKETDATA, data);
  return curl_easy_setopt(handle, CURLOPT_OPENSOCKETFUNCTION, function);
}
static inline CURLcode set_socket_options(CURL *handle, curl_sockopt_callback function, void *data) {
  curl_easy_setopt(handle, CURLOPT_SOCKOPTDATA, data);
  return curl_easy_setopt(handle, CURLOPT_SOCKOPTFUNCTION, function);
}
static inline CURLcode set_write(CURL *handle, curl_write_callback function, void *data) {
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, data);
  return curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, function);
}
static inline CURLcode set_read(CURL *handle, curl_read_callback function, void *data) {
  curl_easy_setopt(handle, CURLOPT_READDATA, data);
  return curl_easy_setopt(handle, CURLOPT_READFUNCTION, function);
}
static inline CURLcode get_number(CURL *handle, CURLINFO what, long *value) {
  return curl_easy_getinfo(handle, what, value);
}
static inline CURLcode get_certificates(CURL *handle, struct curl_certinfo **value) {
  return curl_easy_getinfo(handle, CURLINFO_CERTINFO, value);
}
/// Seconds to wait for a reply; an option whose name is a macro in some versions.
static inline CURLcode set_reply_patience(CURL *handle, long seconds) {
  return curl_easy_setopt(handle, CURLOPT_SERVER_RESPONSE_TIMEOUT, seconds);
}
/// What a message of a multi handle says of the end of its transfer.
static inline CURLcode result_of(const CURLMsg *message) { return message->data.result; }

/// Creates a socket for what the library wants to dial: it waits in no call, and is closed on exec; -1 and errno.
static inline int make_socket(const struct curl_sockaddr *address) {
  return socket(address->family, address->socktype | 02000000 | 04000, address->protocol);
}
/// Begins to connect it; 0, or -1 and errno.
static inline int begin_connecting(int descriptor, const struct curl_sockaddr *address) {
  return connect(descriptor, &address->addr, (socklen_t)address->addrlen);
}

/// The address of what is dialled.
static inline int numeric_address(const struct curl_sockaddr *address, char *text, unsigned size, unsigned short *port) {
  const unsigned char *bytes = (const unsigned char *)&address->addr;
  *port = (unsigned short)(bytes[2] << 8 | bytes[3]);
  // `sin_addr` is at 4, `sin6_addr` at 8.
  return inet_ntop(address->family, bytes + (address->family == AF_INET ? 4 : 8), text, size) != NULL;
}
/// The address of one end of a connection: ours, or the other; 0 where there is none.
static inline int end_address(int descriptor, int peer, char *text, unsigned size, unsigned short *port) {
  struct sockaddr_storage address;
  socklen_t length = sizeof address;
  const int failed = peer ? getpeername(descriptor, (struct sockaddr *)&address, &length)
                          : getsockname(descriptor, (struct sockaddr *)&address, &length);
  if (failed || (address.ss_family != AF_INET && address.ss_family != AF_INET6)) return 0;
  const unsigned char *bytes = (const unsigned char *)&address;
  *port = (unsigned short)(bytes[2] << 8 | bytes[3]);
  return inet_ntop(address.ss_family, bytes + (address.ss_family == AF_INET ? 4 : 8), text, size) != NULL;
}
/// The error that a socket met (SO_ERROR).
static inline int error_of(int descriptor) {
  int error = 0;
  socklen_t length = sizeof error;
  return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error, &length) == 0 ? error : errno;
}

/// Gives up what a client needs none of: every capability, the right to gain some, a memory dump, much memory.
static inline void confine(void) {
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  // capset(2), version 3: the effective, the permitted and the inheritable ones, twice 32 bits.
  uint32_t head[2] = {0x20080522, 0}, none[6] = {0};
  syscall(SYS_capset, head, none);
  const struct rlimit nothing = {0, 0}, memory = {512u << 20, 512u << 20};
  setrlimit(RLIMIT_CORE, &nothing);
  setrlimit(RLIMIT_DATA, &memory);
}

/// The addresses of a name, each in a line of its own, at most 16; a negative number is the error of getaddrinfo(3).
static inline int resolve_name(const char *name, char *text, unsigned size) {
  struct addrinfo hints, *found = NULL;
  memset(&hints, 0, sizeof hints);
  hints.ai_socktype = SOCK_STREAM;
  const int failed = getaddrinfo(name, NULL, &hints, &found);
  if (failed) return failed;
  unsigned used = 0;
  int count = 0;
  for (struct addrinfo *one = found; one != NULL && count < 16; one = one->ai_next) {
    char line[64];
    const unsigned char *bytes = (const unsigned char *)one->ai_addr;
    if (one->ai_family != AF_INET && one->ai_family != AF_INET6) continue;
    if (inet_ntop(one->ai_family, bytes + (one->ai_family == AF_INET ? 4 : 8), line, sizeof line) == NULL) continue;
    const unsigned length = (unsigned)strlen(line);
    if (used + length + 2 > size) break;
    memcpy(text + used, line, length);
    used += length;
    text[used++] = '\n';
    text[used] = 0;
    count++;
  }
  freeaddrinfo(found);
  return count;
}
/// What such an error means.
static inline const char *resolver_words(int error) { return gai_strerror(error); }

#endif
