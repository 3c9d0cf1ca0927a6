#include "nft.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct nft_ctx;

/* The few functions of libnftables.so.1 that are used, by their documented types. */
static struct {
  struct nft_ctx *(*ctx_new)(unsigned flags);
  int (*buffer_output)(struct nft_ctx *);
  int (*buffer_error)(struct nft_ctx *);
  const char *(*error)(struct nft_ctx *);
  int (*run)(struct nft_ctx *, const char *);
} library;

static struct nft_ctx *context;

static bool find(void *handle, const char *name, void *function) {
  void *symbol = dlsym(handle, name);
  memcpy(function, &symbol, sizeof symbol);
  return symbol != NULL;
}

static const char *open_library(void) {
  void *handle = dlopen("libnftables.so.1", RTLD_NOW | RTLD_LOCAL);
  if (handle == NULL) return "libnftables.so.1 cannot be loaded: install libnftables1";
  if (!find(handle, "nft_ctx_new", &library.ctx_new) ||
      !find(handle, "nft_ctx_buffer_output", &library.buffer_output) ||
      !find(handle, "nft_ctx_buffer_error", &library.buffer_error) ||
      !find(handle, "nft_ctx_get_error_buffer", &library.error) ||
      !find(handle, "nft_run_cmd_from_buffer", &library.run))
    return "libnftables.so.1 is not the library that it should be";
  context = library.ctx_new(0);
  if (context == NULL) return "libnftables cannot make a context";
  /* Nothing may reach the shim's own output. */
  if (library.buffer_output(context) != 0 || library.buffer_error(context) != 0) {
    context = NULL;
    return "libnftables cannot keep its output";
  }
  return NULL;
}

const char *nft_run(const char *text) {
  if (context == NULL) {
    const char *missing = open_library();
    if (missing != NULL) return missing;
  }
  if (library.run(context, text) == 0) return NULL;
  const char *error = library.error(context);
  return error != NULL && error[0] != 0 ? error : "libnftables refused the ruleset";
}
