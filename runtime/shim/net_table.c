#include "net_table.h"

#include <ctype.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "nft.h"

/* A rule that spreads a service over all replicas that it may have is the longest. */
#define LINE_MAX_BYTES 8192

static const char *const FAMILIES[] = {"inet", "bridge"};

/* What a line may do; `block`: its braces hold a definition, whose parts `;` ends. */
static const struct {
  const char *words;
  bool block;
} COMMANDS[] = {
    {"add table", false}, {"add chain", true}, {"add map", true},      {"add set", true},
    {"add rule", false},  {"add element", false}, {"flush chain", false},
};

/* What follows `word` and a space, or NULL when the line does not begin so. */
static const char *after(const char *line, const char *word) {
  size_t length = strlen(word);
  if (strncmp(line, word, length) != 0) return NULL;
  if (line[length] == 0) return line + length;
  return line[length] == ' ' ? line + length + 1 : NULL;
}

static const char *after_own_table(const char *line, const char *table) {
  for (size_t i = 0; i < sizeof FAMILIES / sizeof *FAMILIES; i++) {
    const char *rest = after(line, FAMILIES[i]);
    if (rest != NULL) return after(rest, table);
  }
  return NULL;
}

static bool may_stand(char c) {
  return isalnum((unsigned char)c) || (c != 0 && strchr(" _-.,:/@!=<>&*", c) != NULL);
}

/* Balanced, and no way to begin another command: `;` only inside of a definition, nothing after its end. */
static bool is_harmless(const char *rest, bool block) {
  int depth = 0;
  bool quoted = false, ended = false;
  for (const char *c = rest; *c != 0; c++) {
    if (ended) return false;
    if (*c == '"') {
      quoted = !quoted;
    } else if (quoted || (*c != '{' && *c != '}' && *c != ';')) {
      if (!may_stand(*c)) return false;
    } else if (*c == '{') {
      if (++depth > 1) return false;
    } else if (*c == '}') {
      if (--depth < 0) return false;
      ended = block;
    } else if (!block || depth == 0) {
      return false;
    }
  }
  return depth == 0 && !quoted;
}

static bool accepts_line(const char *line, const char *table) {
  for (size_t i = 0; i < sizeof COMMANDS / sizeof *COMMANDS; i++) {
    const char *rest = after(line, COMMANDS[i].words);
    if (rest == NULL) continue;
    const char *body = after_own_table(rest, table);
    return body != NULL && is_harmless(body, COMMANDS[i].block);
  }
  return false;
}

bool net_table_accepts(const char *text, const char *table, int *line) {
  char copy[LINE_MAX_BYTES];
  *line = 0;
  while (*text != 0) {
    size_t length = strcspn(text, "\n");
    ++*line;
    if (length >= sizeof copy) return false;
    memcpy(copy, text, length);
    copy[length] = 0;
    if (length > 0 && !accepts_line(copy, table)) return false;
    text += length + (text[length] == '\n');
  }
  return true;
}

const char *net_table_install(const char *text) {
  return nft_run(text);
}

const char *net_table_remove(const char *table) {
  char text[256];
  /* Added first, so that removing what is not there is no error. */
  snprintf(text, sizeof text,
           "add table inet %s\ndelete table inet %s\nadd table bridge %s\ndelete table bridge %s\n",
           table, table, table, table);
  return nft_run(text);
}
