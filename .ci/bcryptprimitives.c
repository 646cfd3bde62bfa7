/* What Go needs of a library that wine before 9 lacks. */
__declspec(dllimport) unsigned char __stdcall SystemFunction036(void *to, unsigned long size); /* RtlGenRandom */
__declspec(dllexport) int __stdcall ProcessPrng(void *to, unsigned long long size) { return SystemFunction036(to, (unsigned long)size); }
