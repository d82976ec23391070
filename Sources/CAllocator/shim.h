// The allocator's own settings (mallopt(3)), which the module of the C library lacks.
#include <malloc.h>
