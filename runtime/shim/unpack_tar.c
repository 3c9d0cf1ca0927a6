/* The tar format: ustar, the pax keys path, linkpath and size, and GNU's long names. */
#include <assert.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "unpack.h"

#define EXTENSION_BYTES_MAX (64 * 1024)
#define FILE_BYTES_MAX (16ULL << 30)

struct header {
  char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100], magic[6],
      version[2], user[32], group[32], major[8], minor[8], prefix[155], rest[12];
};

/* What the entries before a file's own say about it. */
struct extension {
  char path[TAR_NAME_MAX];
  char link[TAR_NAME_MAX];
  uint64_t size;
  bool has_path, has_link, has_size;
};

int unpack_failed(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("unpack: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  return -1;
}

/* Octal digits, or GNU's base 256 for what does not fit into them. -1: neither. */
static int64_t number(const char *field, size_t length) {
  uint64_t value = 0;
  size_t at = 0;
  if ((unsigned char)field[0] == 0x80) {
    for (at = 1; at < length; at++) {
      if (value >> 55 != 0) return -1;
      value = value << 8 | (unsigned char)field[at];
    }
    return (int64_t)value;
  }
  while (at < length && field[at] == ' ') at++;
  for (; at < length && field[at] >= '0' && field[at] <= '7'; at++) value = value << 3 | (uint64_t)(field[at] - '0');
  return at == length || field[at] == 0 || field[at] == ' ' ? (int64_t)value : -1;
}

static bool checksum_is_right(const struct header *header) {
  const unsigned char *bytes = (const unsigned char *)header;
  int64_t sum = 0;
  for (size_t i = 0; i < TAR_BLOCK; i++) {
    bool own = i >= offsetof(struct header, checksum) && i < offsetof(struct header, type);
    sum += own ? ' ' : bytes[i];
  }
  return number(header->checksum, sizeof header->checksum) == sum;
}

int tar_skip(FILE *in, uint64_t bytes) {
  char block[TAR_BLOCK];
  uint64_t padding = (TAR_BLOCK - bytes % TAR_BLOCK) % TAR_BLOCK;
  return fread(block, 1, padding, in) == padding ? 0 : unpack_failed("the archive ends in the middle of a file");
}

/* The bytes of an extension entry, NUL-terminated; the caller frees them. */
static char *read_extension(FILE *in, uint64_t size) {
  char *bytes = size > EXTENSION_BYTES_MAX ? NULL : malloc(size + 1);
  if (bytes == NULL) return unpack_failed("an extended header of %llu bytes", (unsigned long long)size), NULL;
  if (fread(bytes, 1, size, in) != size || tar_skip(in, size) != 0) {
    free(bytes);
    return unpack_failed("the archive ends in the middle of a header"), NULL;
  }
  bytes[size] = 0;
  return bytes;
}

static int copy_name(char out[TAR_NAME_MAX], const char *name, size_t length) {
  if (length >= TAR_NAME_MAX) return unpack_failed("a path of %zu bytes is too long", length);
  if (memchr(name, 0, length) != NULL) return unpack_failed("a path holds a NUL");
  memcpy(out, name, length);
  out[length] = 0;
  return 0;
}

static int pax_record(struct extension *out, const char *record, size_t length) {
  const char *equals = memchr(record, '=', length);
  if (equals == NULL) return unpack_failed("an extended header cannot be read");
  size_t key = (size_t)(equals - record), value = length - key - 1;
  char digits[24];
  if (key == 4 && memcmp(record, "path", 4) == 0) {
    out->has_path = true;
    return copy_name(out->path, equals + 1, value);
  }
  if (key == 8 && memcmp(record, "linkpath", 8) == 0) {
    out->has_link = true;
    return copy_name(out->link, equals + 1, value);
  }
  if (key != 4 || memcmp(record, "size", 4) != 0) return 0;
  if (value == 0 || value >= sizeof digits) return unpack_failed("an extended header's size cannot be read");
  memcpy(digits, equals + 1, value);
  digits[value] = 0;
  if (strspn(digits, "0123456789") != value) return unpack_failed("an extended header's size cannot be read");
  out->size = strtoull(digits, NULL, 10);
  out->has_size = true;
  return 0;
}

/* `LENGTH KEY=VALUE\n`, again and again; the length counts itself. */
static int pax(struct extension *out, const char *bytes, size_t size) {
  size_t at = 0;
  while (at < size) {
    char *end;
    unsigned long length = strtoul(bytes + at, &end, 10);
    size_t digits = (size_t)(end - (bytes + at));
    if (digits == 0 || digits > 6 || *end != ' ' || length <= digits + 2 || length > size - at ||
        bytes[at + length - 1] != '\n')
      return unpack_failed("an extended header cannot be read");
    if (pax_record(out, end + 1, length - digits - 2) != 0) return -1;
    at += length;
  }
  return 0;
}

static int extend(FILE *in, char type, uint64_t size, struct extension *out) {
  char *bytes = read_extension(in, size);
  if (bytes == NULL) return -1;
  int result = 0;
  if (type == 'x') {
    result = pax(out, bytes, size);
  } else if (type == 'L') {
    out->has_path = true;
    result = copy_name(out->path, bytes, strnlen(bytes, size));
  } else if (type == 'K') {
    out->has_link = true;
    result = copy_name(out->link, bytes, strnlen(bytes, size));
  }
  free(bytes);
  return result;
}

static int kind_of(char type, const char *path, enum entry_kind *out) {
  switch (type) {
    case 0:
    case '0':
    case '7':
      *out = path[0] != 0 && path[strlen(path) - 1] == '/' ? ENTRY_FOLDER : ENTRY_FILE;
      return 0;
    case '1':
      *out = ENTRY_HARD_LINK;
      return 0;
    case '2':
      *out = ENTRY_SYMLINK;
      return 0;
    case '5':
      *out = ENTRY_FOLDER;
      return 0;
    default:
      return unpack_failed("%.200s is of type '%c', which is refused", path, type);
  }
}

static int fill(struct entry *entry, const struct header *header, const struct extension *extension,
                int64_t size) {
  char name[sizeof header->prefix + sizeof header->name + 2];
  size_t used = 0, prefix = strnlen(header->prefix, sizeof header->prefix);
  if (memcmp(header->magic, "ustar", 6) == 0 && prefix > 0) {
    memcpy(name, header->prefix, prefix);
    name[prefix] = '/';
    used = prefix + 1;
  }
  size_t rest = strnlen(header->name, sizeof header->name);
  memcpy(name + used, header->name, rest);
  int64_t mode = number(header->mode, sizeof header->mode), uid = number(header->uid, sizeof header->uid),
          gid = number(header->gid, sizeof header->gid), mtime = number(header->mtime, sizeof header->mtime);
  if (mode < 0 || uid < 0 || gid < 0 || mtime < 0 || uid > INT_MAX || gid > INT_MAX)
    return unpack_failed("a header's number cannot be read");
  if (extension->has_path) strcpy(entry->path, extension->path);
  else if (copy_name(entry->path, name, used + rest) != 0) return -1;
  if (extension->has_link) strcpy(entry->link, extension->link);
  else if (copy_name(entry->link, header->link, strnlen(header->link, sizeof header->link)) != 0) return -1;
  entry->mode = (mode_t)mode & 07777;
  entry->uid = (uid_t)uid;
  entry->gid = (gid_t)gid;
  entry->mtime = mtime;
  if (kind_of(header->type, entry->path, &entry->kind) != 0) return -1;
  entry->size = entry->kind != ENTRY_FILE ? 0 : extension->has_size ? extension->size : (uint64_t)size;
  if (entry->size > FILE_BYTES_MAX) return unpack_failed("%.200s is too large", entry->path);
  return 0;
}

int tar_next(FILE *in, struct entry *entry) {
  static struct extension extension;
  struct header header;
  static_assert(sizeof header == TAR_BLOCK, "a header is one block");
  memset(&extension, 0, sizeof extension);
  for (;;) {
    size_t got = fread(&header, 1, sizeof header, in);
    if (got == 0 && feof(in)) return unpack_failed("the archive has no end");
    if (got != sizeof header) return unpack_failed("the archive ends in the middle of a header");
    if (header.name[0] == 0 && header.checksum[0] == 0) return 0;
    int64_t size = number(header.size, sizeof header.size);
    if (!checksum_is_right(&header) || size < 0) return unpack_failed("a header's checksum is wrong");
    if (header.type == 'g') {
      char *ignored = read_extension(in, (uint64_t)size);
      if (ignored == NULL) return -1;
      free(ignored);
      continue;
    }
    if (header.type != 'x' && header.type != 'L' && header.type != 'K')
      return fill(entry, &header, &extension, size) == 0 ? 1 : -1;
    if (extend(in, header.type, (uint64_t)size, &extension) != 0) return -1;
  }
}
