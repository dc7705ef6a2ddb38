// OpenSSL's types by name only. Headers that the binding sees must not include OpenSSL's own: there they
// would be those of the OpenSSL within Node, of another version than the one that is linked in.
#pragma once

typedef struct bio_st BIO;
typedef struct ssl_st SSL;
typedef struct ssl_ctx_st SSL_CTX;
