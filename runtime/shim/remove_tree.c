#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "remove.h"

/* Removes what is in a folder; stops at a folder that is not empty and gives its name. 0: empty now. 1: descend. */
static int sweep(DIR *list, char name[NAME_MAX + 1], size_t *budget) {
  struct dirent *entry;
  while ((entry = readdir(list)) != NULL) {
    if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0) continue;
    if ((*budget)-- == 0) {
      errno = EAGAIN;
      return -1;
    }
    if (unlinkat(dirfd(list), entry->d_name, 0) == 0) continue;
    if (errno != EISDIR) return -1;
    if (unlinkat(dirfd(list), entry->d_name, AT_REMOVEDIR) == 0) continue;
    if (errno != ENOTEMPTY) return -1;
    strcpy(name, entry->d_name);
    return 1;
  }
  return 0;
}

/*
 * Two descriptors whatever the depth: a container can make folders deeper than any limit of descriptors or stack. On
 * the way up, the folder that was emptied is removed by its parent's next sweep.
 */
int remove_contents(int folder, size_t entries_max) {
  char name[NAME_MAX + 1];
  size_t depth = 0, budget = entries_max == 0 ? SIZE_MAX : entries_max;
  int at = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  while (at >= 0) {
    DIR *list = fdopendir(at);
    if (list == NULL) return close(at), -1;
    int found = sweep(list, name, &budget), next = -1, error = errno;
    if (found == 1) next = openat(dirfd(list), name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    else if (found == 0 && depth > 0) next = openat(dirfd(list), "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (found >= 0) error = errno;
    closedir(list);
    if (found == 0 && depth == 0) return 0;
    depth = found == 1 ? depth + 1 : depth - 1;
    at = found < 0 ? -1 : next;
    errno = error;
  }
  return -1;
}
