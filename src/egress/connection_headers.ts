/** Headers that the connection sets (RFC 9110 section 7.6.1): in lower case, and never of what people or programs ask for. */
export const CONNECTION_HEADERS: readonly string[] =
  ("host content-length transfer-encoding connection keep-alive te trailer upgrade expect proxy-connection " +
    "proxy-authenticate proxy-authorization accept-encoding content-encoding").split(" ");
