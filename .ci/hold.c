/* usage: hold FILE: has FILE open as Excel has a workbook, and makes the file
   "held" once it does; until it is ended. */
#include <windows.h>
int main(int argc, char **argv)
{
	HANDLE file = CreateFileA(argv[argc - 1], GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ, NULL, OPEN_EXISTING, 0, NULL);
	if (file == INVALID_HANDLE_VALUE)
		return 1;
	CreateFileA("held", GENERIC_WRITE, 0, NULL, CREATE_ALWAYS, 0, NULL);
	Sleep(INFINITE);
}
